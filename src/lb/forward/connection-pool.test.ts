import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { arrive } from "../../http1/testdata/connection-rig.ts";
import { IDLE_MS } from "./connection-pool.ts";
import { ForwardRig, get, hello, isWhole, ok, statusOf } from "./forward-rig.suite.ts";

describe("the connections to a node", () => {
  test("are closed when they were idle for a time, before the node does", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    await rig.ask(get());
    await rig.clock.advance(IDLE_MS - 1);
    assert.equal(rig.pools.sizes()[0]?.idle, 1);
    await rig.clock.advance(1);
    await rig.until(() => rig.nodes[0]?.ends[0]?.hasEnd === true);
    assert.deepEqual(rig.pools.sizes()[0], { node: rig.nodes[0]?.name, open: 0, idle: 0, waiting: 0 });
  });

  test("are used from the last one back, so that those not needed grow old", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const [node = assert.fail()] = rig.nodes;
    const asked: Promise<string>[] = [];
    for (let i = 1; i <= 2; i++) {
      asked.push(rig.ask(get()));
      await rig.until(() => node.heads.length === i);
    }
    for (const [i, { socket }] of node.ends.entries()) {
      socket.write(ok("hello"));
      await asked[i];
    }
    node.serve = hello;
    await rig.clock.advance(IDLE_MS / 2);
    await rig.ask(get());
    await rig.clock.advance(IDLE_MS / 2);
    await rig.until(() => node.ends[0]?.hasEnd === true);
    assert.deepEqual([node.ends[1]?.hasEnd, rig.pools.sizes()[0]?.idle], [false, 1]);
  });

  test("that are idle go at once when the node goes down, the others when they are idle", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const [node = assert.fail()] = rig.nodes;
    await rig.ask(get("/1"));
    node.serve = () => {};
    const second = rig.ask(get("/2"));
    await rig.until(() => node.heads.length === 2);
    const third = rig.ask(get("/3"));
    await rig.until(() => node.heads.length === 3);
    node.ends[0]?.socket.write(ok("2"));
    await second;
    rig.pools.closeIdle(node.name);
    await rig.until(() => node.ends[0]?.hasEnd === true);
    assert.equal(node.ends[1]?.hasEnd, false);
    node.ends[1]?.socket.write(ok("3"));
    assert.equal(statusOf(await third), 200);
    await rig.until(() => node.ends[1]?.hasEnd === true);
  });

  test("are closed on bytes that nobody asked for", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const client = rig.connect();
    client.send(get());
    await rig.until(() => isWhole(client.text));
    const [end = assert.fail()] = rig.nodes[0]?.ends ?? [];
    end.socket.write(ok("smuggled"));
    await rig.until(() => end.hasEnd);
    client.send(get());
    await rig.until(() => client.statuses.length === 2);
    assert.doesNotMatch(client.text, /smuggled/);
    assert.equal(rig.nodes[0]?.ends.length, 2);
  });

  test("carry what they have to its end when the node is removed, and no more", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const [node = assert.fail()] = rig.nodes;
    const asked = rig.ask(get());
    await rig.until(() => node.heads.length === 1);
    rig.pools.close(node.name);
    assert.equal(statusOf(await rig.ask(get())), 503);
    node.ends[0]?.socket.write(ok("hello"));
    assert.equal(statusOf(await asked), 200);
    await rig.until(() => node.ends[0]?.hasEnd === true);
  });

  test("are not opened for a client that has left", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}], { pools: { connectionsMax: 1 } });
    const [node = assert.fail()] = rig.nodes;
    const first = rig.ask(get("/1"));
    await rig.until(() => node.heads.length === 1);
    const client = rig.connect();
    client.send(get("/2"));
    await rig.until(() => rig.pools.sizes()[0]?.waiting === 1);
    client.socket.destroy();
    await rig.until(() => rig.pools.sizes()[0]?.waiting === 0);
    node.ends[0]?.socket.write(ok("hello"));
    await first;
    await arrive();
    assert.equal(node.heads.length, 1);
  });

  test("leave no timer behind when all is closed", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    await rig.ask(get());
    rig.pools.closeAll();
    await rig.listener.stop(AbortSignal.abort());
    await rig.until(() => rig.clock.pending === 0);
  });
});
