import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  answerBody,
  answerTarget,
  arrive,
  ConnectionRig,
  get,
  post,
  readAll,
} from "./testdata/connection-rig.ts";

/** RFC 9110 section 10.1.1. */
describe("a client that waits for 100 (Continue)", () => {
  const head = "POST /1 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";

  test("hears it when its body is wanted, and not before", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(head);
    const exchange = await rig.request();
    await arrive();
    assert.equal(client.text, "");
    const answered = answerBody(exchange);
    await rig.until(() => client.text === "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi");
    await answered;
    await rig.until(() => client.text.endsWith("hi\n"));
    client.send(get("/2"));
    await rig.request(1);
  });

  test("is answered without it when its body is not wanted, and the connection is closed", async (t) => {
    const rig = await ConnectionRig.start(t, (exchange) => {
      exchange.body?.drop();
      answerTarget(exchange);
    });
    const client = await rig.connect();
    client.send(head);
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.statuses, ["200"]);
    assert.match(client.text, /\r\nConnection: close\r\n/);
    client.send(get("/2"));
    await arrive();
    assert.equal(rig.exchanges.length, 1);
  });

  test("hears it never within an answer", async (t) => {
    const rig = await ConnectionRig.start(t, async (exchange) => {
      exchange.begin(200, [], undefined);
      exchange.write(Buffer.from(await readAll(exchange)));
      exchange.end();
    });
    const client = await rig.connect();
    client.send(head);
    await rig.until(() => client.statuses.length === 1);
    client.send("hi");
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.statuses, ["200"]);
    assert.match(client.text, /\r\n\r\n2\r\nhi\r\n0\r\n\r\n$/);
  });

  test("and does not wait after all keeps its connection, and hears no 100", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(`${head}hi`);
    await answerBody(await rig.request());
    client.send(get("/2"));
    answerTarget(await rig.request(1));
    await rig.until(() => client.statuses.length === 2);
    assert.deepEqual(client.statuses, ["200", "200"]);
  });

  test("leaves nothing behind for the next request", async (t) => {
    const rig = await ConnectionRig.start(t, answerBody);
    const client = await rig.connect();
    client.send(head);
    await rig.until(() => client.text !== "");
    client.send(`hi${post("/2", "ho")}`);
    await rig.until(() => client.text.endsWith("ho\n"));
    assert.deepEqual(client.statuses, ["100", "200", "200"]);
  });
});
