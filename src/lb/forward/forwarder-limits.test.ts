import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { arrive } from "../../http1/testdata/connection-rig.ts";
import { codeOf, ForwardRig, get, hello, isWhole, ok, says, statusOf } from "./forward-rig.suite.ts";

const S = 1000;

describe("a node that is late", () => {
  test("that hangs gives a request that may be repeated to the next one", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}, hello], {
      timeouts: { firstByteMs: 5 * S },
    });
    const asked = rig.ask(get());
    await rig.until(() => rig.nodes[0]?.heads.length === 1);
    await rig.clock.advance(5 * S);
    assert.match(await asked, /^HTTP\/1\.1 200 /);
    assert.deepEqual(
      rig.outcomes.map(({ kind }) => kind),
      ["late", "ok"],
    );
  });

  test("and has passed a check meanwhile gives 504 node_late, and is not asked again, nor is another", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}, hello], {
      timeouts: { firstByteMs: 5 * S },
    });
    const asked = rig.ask(get());
    await rig.until(() => rig.nodes[0]?.heads.length === 1);
    await rig.clock.advance(4999);
    rig.pools.noteHeard(rig.nodes[0]?.name ?? "");
    assert.equal(rig.finished.length, 0);
    await rig.clock.advance(1);
    assert.equal(codeOf(await asked), "node_late");
    assert.equal(rig.nodes[1]?.heads.length, 0);
    assert.deepEqual(
      rig.outcomes.map(({ kind }) => kind),
      ["late"],
    );
    assert.deepEqual(
      rig.finished.map(({ outcome, status }) => [outcome, status]),
      [["late", 504]],
    );
    await rig.until(() => rig.nodes[0]?.ends[0]?.hasEnd === true);
  });

  test("is so also where it says again and again that it works on it", async (t) => {
    const rig = await ForwardRig.start(t, [says("HTTP/1.1 102 Processing\r\n\r\n")], {
      timeouts: { firstByteMs: 5 * S },
    });
    const client = rig.connect();
    client.send(get());
    await rig.until(() => client.statuses.length === 1);
    await rig.clock.advance(4 * S);
    rig.nodes[0]?.ends[0]?.socket.write("HTTP/1.1 102 Processing\r\n\r\n");
    await rig.until(() => client.statuses.length === 2);
    await rig.clock.advance(S);
    await rig.until(() => client.statuses.length === 3);
    assert.equal(client.statuses[2], "504");
  });

  test("has its time from the end of the request's body on", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}], { timeouts: { firstByteMs: 5 * S } });
    const client = rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    await rig.until(() => rig.nodes[0]?.ends[0]?.text.endsWith("abc") === true);
    await rig.clock.advance(60 * S);
    client.send("def");
    await rig.until(() => rig.nodes[0]?.ends[0]?.text.endsWith("def") === true);
    await rig.clock.advance(4999);
    assert.equal(rig.finished.length, 0);
    await rig.clock.advance(1);
    await rig.until(() => isWhole(client.text));
    assert.equal(codeOf(client.text), "node_late");
  });

  test("within its answer is cut off", async (t) => {
    const rig = await ForwardRig.start(t, [says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")], {
      timeouts: { silenceMs: 5 * S },
    });
    const client = rig.connect();
    client.send(get());
    await rig.until(() => client.text.endsWith("hel"));
    await rig.clock.advance(4 * S);
    rig.nodes[0]?.ends[0]?.socket.write("lo ");
    await rig.until(() => client.text.endsWith("lo "));
    await rig.clock.advance(4999);
    assert.equal(rig.finished.length, 0);
    await rig.clock.advance(1);
    await rig.until(() => client.hasEnd);
    assert.deepEqual(
      rig.finished.map(({ outcome }) => outcome),
      ["cut"],
    );
  });

  test("in all is so, however much it says", async (t) => {
    const rig = await ForwardRig.start(t, [says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")], {
      timeouts: { totalMs: 10 * S },
    });
    const client = rig.connect();
    client.send(get());
    await rig.until(() => client.text.endsWith("hel"));
    await rig.clock.advance(9 * S);
    rig.nodes[0]?.ends[0]?.socket.write("lo ");
    await rig.until(() => client.text.endsWith("lo "));
    await rig.clock.advance(S);
    await rig.until(() => client.hasEnd);
    assert.deepEqual(
      rig.finished.map(({ outcome }) => outcome),
      ["cut"],
    );
  });

  test("leaves no alarm behind, and none does that was in time", async (t) => {
    const rig = await ForwardRig.start(t, [hello], { timeouts: { firstByteMs: 5 * S } });
    const client = rig.connect();
    client.send(get());
    await rig.until(() => isWhole(client.text));
    await rig.clock.advance(30 * S);
    client.send(get());
    await rig.until(() => client.statuses.length === 2);
    assert.deepEqual([client.statuses, rig.nodes[0]?.ends.length], [["200", "200"], 1]);
  });
});

describe("a client that is slow", () => {
  for (const [where, text, code, timeouts] of [
    ["with its head", "GET / HTTP/1.1\r\n", "request_too_slow", { headMs: 3 * S }],
    [
      "with its body",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
      "request_too_slow",
      { bodyMs: 3 * S },
    ],
  ] as const) {
    test(`${where} is told so after a time, and let go`, async (t) => {
      const rig = await ForwardRig.start(t, [() => {}], { limits: { timeouts } });
      const client = rig.connect();
      client.send(text);
      await rig.until(() => rig.listener.connections === 1);
      if (text.startsWith("POST"))
        await rig.until(() => rig.nodes[0]?.ends[0]?.text.endsWith("abc") === true);
      else await arrive();
      await rig.clock.advance(3 * S);
      await rig.until(() => client.hasEnd);
      assert.deepEqual([statusOf(client.text), codeOf(client.text)], [408, code]);
    });
  }

  test("with all it does is closed when it is idle", async (t) => {
    const rig = await ForwardRig.start(t, [hello], { limits: { timeouts: { idleMs: 3 * S } } });
    const client = rig.connect();
    client.send(get());
    await rig.until(() => isWhole(client.text));
    await rig.clock.advance(3 * S);
    await rig.until(() => client.hasEnd);
    assert.equal(client.statuses.length, 1);
  });

  test("to take its answer keeps the node from sending, and loses it after a time", async (t) => {
    const part = Buffer.alloc(1024 * 1024, "x");
    const rig = await ForwardRig.start(
      t,
      [
        ({ socket }) => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${100 * part.length}\r\n\r\n`);
          for (let i = 0; i < 100; i++) socket.write(part);
        },
      ],
      { timeouts: { silenceMs: 5 * S } },
    );
    const client = rig.connect();
    client.send(get());
    client.socket.pause();
    const [node = assert.fail()] = rig.nodes;
    await rig.until(() => node.ends.length === 1);
    const [end = assert.fail()] = node.ends;
    for (let before = -1; before !== end.socket.writableLength; ) {
      before = end.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(end.socket.writableLength > 50 * part.length, "the node was kept from sending");
    await rig.clock.advance(5 * S);
    await rig.until(() => end.isClosed);
    assert.deepEqual(
      rig.finished.map(({ outcome }) => outcome),
      ["cancelled"],
    );
  });
});

describe("a node that is slow to take a body", () => {
  test("keeps the client from sending, and loses it after a time", async (t) => {
    const rig = await ForwardRig.start(t, [({ socket }) => void socket.pause()], {
      timeouts: { silenceMs: 5 * S },
    });
    const client = rig.connect();
    const part = Buffer.alloc(1024 * 1024, "x");
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${100 * part.length}\r\n\r\n`);
    for (let i = 0; i < 100; i++) client.send(part);
    for (let before = -1; before !== client.socket.writableLength; ) {
      before = client.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(client.socket.writableLength > 50 * part.length, "the client was kept from sending");
    await rig.clock.advance(5 * S);
    await rig.until(() => statusOf(client.text) === 504);
  });
});

describe("long bodies", () => {
  const BYTES = 32 * 1024 * 1024;

  for (const framing of [`Content-Length: ${BYTES}`, "Transfer-Encoding: chunked"]) {
    test(`go through both ways at once, with ${framing.split(":")[0]}`, async (t) => {
      const rig = await ForwardRig.start(t, [
        ({ socket, text }, head) => {
          // An echo, bytes for bytes: the framing is the same both ways.
          socket.pause().removeAllListeners("data");
          socket.setEncoding("latin1");
          socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${text.slice(head.length)}`, "latin1");
          socket.on("data", (part: string) => {
            if (!socket.write(part, "latin1")) socket.pause().once("drain", () => socket.resume());
          });
          socket.resume();
        },
      ]);
      const client = rig.connect();
      let heard = 0;
      let tail = "";
      client.socket.removeAllListeners("data");
      client.socket.on("data", (text: string) => {
        heard += text.length;
        tail = (tail + text).slice(-5);
        rig.changed();
      });
      client.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
      const isChunked = framing.endsWith("chunked");
      const part = Buffer.alloc(64 * 1024, "x");
      const framed = isChunked ? Buffer.concat([Buffer.from("10000\r\n"), part, Buffer.from("\r\n")]) : part;
      for (let sent = 0; sent < BYTES; sent += part.length) {
        if (!client.socket.write(framed))
          await new Promise((resolve) => client.socket.once("drain", resolve));
      }
      if (isChunked) client.send("0\r\n\r\n");
      await rig.until(
        () => heard >= BYTES && (!isChunked || tail === "0\r\n\r\n") && rig.finished.length === 1,
      );
      assert.equal(rig.finished[0]?.outcome, "answered");
    });
  }
});

describe("a balancer at its limits", () => {
  test("tells a connection too many so, and closes it", async (t) => {
    const rig = await ForwardRig.start(t, [hello], { limits: { connectionsMax: 1 } });
    const first = rig.connect();
    await rig.until(() => rig.listener.connections === 1 || !first.socket.connecting);
    first.send(get());
    await rig.until(() => isWhole(first.text));
    const answer = await rig.ask("", (text) => isWhole(text));
    assert.deepEqual([statusOf(answer), codeOf(answer)], [503, "connections_exhausted"]);
    first.socket.destroy();
    await rig.until(() => rig.listener.connections === 0);
    assert.equal(statusOf(await rig.ask(get())), 200);
  });

  test("makes requests wait for the connections of a node, in order", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}], { pools: { connectionsMax: 1 } });
    const [node = assert.fail()] = rig.nodes;
    const first = rig.ask(get("/1"));
    await rig.until(() => node.heads.length === 1);
    const second = rig.ask(get("/2"));
    await rig.until(() => rig.placings.length === 2);
    const third = rig.ask(get("/3"));
    await rig.until(() => rig.placings.length === 3);
    for (const [i, asked] of [first, second, third].entries()) {
      await rig.until(() => node.heads.length === i + 1);
      assert.match(node.heads[i] ?? "", new RegExp(`^GET /${i + 1} `));
      node.ends[0]?.socket.write(ok("hello"));
      assert.equal(statusOf(await asked), 200);
    }
    assert.equal(node.ends.length, 1);
  });

  test("gives 503 nodes_busy, and when to try again, where none comes free in time", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}], { pools: { connectionsMax: 1, waitMs: S } });
    void rig.ask(get("/1"));
    await rig.until(() => rig.nodes[0]?.heads.length === 1);
    const second = rig.ask(get("/2"));
    await rig.until(() => rig.placings.length === 2);
    await rig.clock.advance(S);
    assert.equal(codeOf(await second), "nodes_busy");
    assert.deepEqual(rig.outcomes, []);
  });

  test("sends a request to another node where too many wait for one", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}, hello], { pools: { connectionsMax: 1, waitersMax: 1 } });
    const [node = assert.fail()] = rig.nodes;
    for (let i = 1; i <= 2; i++) {
      void rig.ask(get());
      await rig.until(() => rig.placings.length === i && node.heads.length === 1);
    }
    assert.equal(statusOf(await rig.ask(get())), 200);
    assert.equal(rig.nodes[1]?.heads.length, 1);
  });
});
