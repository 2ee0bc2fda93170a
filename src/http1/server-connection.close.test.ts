import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  answerTarget,
  arrive,
  ConnectionRig,
  chunked,
  get,
  post,
  readAll,
} from "./testdata/connection-rig.ts";

describe("bytes that are no request", () => {
  for (const [what, text, kind] of [
    ["nonsense", "hello\r\n\r\n", "malformed"],
    ["an ambiguous length", post("/", "hi", "Transfer-Encoding: chunked\r\n"), "malformed"],
    ["another version", "GET / HTTP/2.0\r\n\r\n", "version_unsupported"],
    ["a head without end", "GET / HTTP/1.1\r\n".padEnd(100_000, "x"), "head_too_large"],
    ["a target without end", get(`/${"x".repeat(20_000)}`), "target_too_long"],
  ] as const) {
    test(`are refused, and nothing is taken behind them: ${what}`, async (t) => {
      const rig = await ConnectionRig.start(t, answerTarget);
      const client = await rig.connect();
      client.send(get("/1") + text + get("/2"));
      await rig.until(() => client.hasEnd);
      assert.deepEqual(client.statuses, ["200", "400"]);
      assert.match(client.text, /\r\nConnection: close\r\n\r\nno\n$/);
      assert.deepEqual(rig.refused, [kind]);
      client.send(get("/3"));
      await arrive();
      assert.equal(rig.exchanges.length, 1);
    });
  }

  test("are refused behind the answer to what came before them", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(`${get("/1")}hello\r\n\r\n`);
    const exchange = await rig.request();
    await arrive();
    assert.equal(client.text, "");
    answerTarget(exchange);
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.statuses, ["200", "400"]);
  });
});

describe("a client that leaves", () => {
  for (const [how, leave] of [
    ["by closing its side", "end"],
    ["by breaking off", "resetAndDestroy"],
  ] as const) {
    test(`${how} is noticed while it waits for its answer`, async (t) => {
      const rig = await ConnectionRig.start(t);
      const client = await rig.connect();
      client.send(get("/"));
      const exchange = await rig.request();
      let times = 0;
      exchange.onGone = () => times++;
      client.socket[leave]();
      await rig.until(() => rig.closed === 1);
      assert.equal(times, 1);
      assert.equal(exchange.isOver, true);
      answerTarget(exchange);
      assert.equal(rig.clock.pending, 0);
    });

    test(`${how} within its body makes the reader fail`, async (t) => {
      const rig = await ConnectionRig.start(t);
      const client = await rig.connect();
      client.send(chunked("/", "1\r\na\r\n"));
      const exchange = await rig.request();
      const failed = assert.rejects(readAll(exchange));
      await arrive();
      client.socket[leave]();
      await failed;
      await rig.until(() => rig.closed === 1);
      assert.equal(rig.clock.pending, 0);
    });

    test(`${how} makes a writer that waits fail`, async (t) => {
      const rig = await ConnectionRig.start(t);
      const client = await rig.connect();
      client.socket.pause();
      client.send(get("/"));
      const exchange = await rig.request();
      exchange.begin(200, [], undefined);
      const drained = exchange.write(Buffer.alloc(32 * 1024 * 1024));
      assert.ok(drained);
      const failed = assert.rejects(drained);
      client.socket[leave]();
      await failed;
    });
  }

  test("within a head leaves nothing behind", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("GET / HT");
    await arrive();
    client.socket.end();
    await rig.until(() => rig.closed === 1);
    assert.equal(client.text, "");
    assert.equal(rig.clock.pending, 0);
  });

  test("behind its answer is not news to the exchange", async (t) => {
    const rig = await ConnectionRig.start(t, (exchange) => {
      exchange.onGone = () => assert.fail("it was answered");
      answerTarget(exchange);
    });
    const client = await rig.connect();
    client.send(get("/"));
    await rig.until(() => client.lines.length === 1);
    client.socket.end();
    await rig.until(() => rig.closed === 1);
  });

  test("after its 100 was owed hears nothing any more", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    const exchange = await rig.request();
    client.socket.end();
    await rig.until(() => rig.closed === 1);
    await assert.rejects(readAll(exchange));
    assert.equal(client.text, "");
  });
});

describe("an answer that waits for its client", () => {
  test("goes on when the client has taken it", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    const part = Buffer.alloc(1024 * 1024, "x");
    client.send(get("/"));
    const exchange = await rig.request();
    exchange.begin(200, [], undefined);
    client.socket.pause();
    let waits = 0;
    for (let i = 0; i < 16; i++) {
      const drained = exchange.write(part);
      if (!drained) continue;
      waits++;
      client.socket.resume();
      await drained;
    }
    exchange.end();
    await rig.until(() => client.text.length > 16 * part.length);
    assert.ok(waits > 0);
  });
});

describe("a handler that throws", () => {
  test("breaks its connection off, and its error is not hidden", async (t) => {
    const rig = await ConnectionRig.start(t, (exchange) => {
      if (exchange.head.target === "/bad") exchange.answer(200, ["A", "b\r\n"], Buffer.alloc(0));
    });
    const client = await rig.connect();
    client.send(get("/1") + get("/bad"));
    const exchange = await rig.request();
    // The next request begins within this answer.
    assert.throws(() => answerTarget(exchange), { kind: "malformed" });
    await rig.until(() => rig.closed === 1);
    assert.deepEqual(rig.refused, []);
    assert.equal(rig.clock.pending, 0);
  });
});

describe("an answer that is broken off", () => {
  test("takes the connection with it", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(get("/1") + get("/2"));
    const exchange = await rig.request();
    exchange.begin(200, [], undefined);
    exchange.write(Buffer.from("hi"));
    exchange.breakOff();
    await rig.until(() => client.hasEnd);
    assert.match(client.text, /\r\n\r\n2\r\nhi\r\n$/);
    assert.equal(rig.exchanges.length, 1);
    assert.equal(rig.clock.pending, 0);
  });

  test("is no plain end where that would be the end of the answer", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("GET / HTTP/1.0\r\n\r\n");
    const exchange = await rig.request();
    exchange.begin(200, [], undefined);
    exchange.breakOff();
    await rig.until(() => client.isClosed);
    assert.equal(client.hasEnd, false);
  });
});

describe("stop", () => {
  test("closes a connection that has no request", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    rig.connections[0]?.stop();
    client.send(get("/"));
    await rig.until(() => rig.closed === 1);
    assert.equal(client.text, "");
    assert.equal(rig.exchanges.length, 0);
    assert.equal(rig.clock.pending, 0);
  });

  test("lets a request have its answer, which is told to be the last", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(get("/1") + get("/2"));
    const exchange = await rig.request();
    rig.connections[0]?.stop();
    await arrive();
    assert.equal(client.hasEnd, false);
    answerTarget(exchange);
    await rig.until(() => client.hasEnd);
    assert.match(client.text, /\r\nConnection: close\r\n/);
    assert.equal(rig.exchanges.length, 1);
  });

  test("lets an answer that has begun come to its end, and takes no request behind it", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(get("/1") + get("/2"));
    const exchange = await rig.request();
    exchange.begin(200, [], undefined);
    rig.connections[0]?.stop();
    exchange.write(Buffer.from("hi"));
    exchange.end();
    await rig.until(() => client.hasEnd);
    assert.match(client.text, /hi\r\n0\r\n\r\n$/);
    assert.equal(rig.exchanges.length, 1);
  });

  test("may be said twice, and while the connection closes", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("nonsense\r\n\r\n");
    await rig.until(() => client.hasEnd);
    rig.connections[0]?.stop();
    rig.connections[0]?.stop();
    await rig.until(() => rig.closed === 1);
    rig.connections[0]?.stop();
    assert.equal(rig.clock.pending, 0);
  });
});

describe("stop with time for one more request", () => {
  test("answers the request that comes within it, and says that this is the last", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    rig.connections[0]?.stop(5000);
    await rig.clock.advance(4999);
    client.send(get("/1") + get("/2"));
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.lines, ["/1"]);
    assert.match(client.text, /\r\nConnection: close\r\n/);
  });

  test("closes the connection when none has come", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    client.send(get("/1"));
    await rig.until(() => client.lines.length === 1);
    rig.connections[0]?.stop(5000);
    await rig.clock.advance(4999);
    assert.equal(client.hasEnd, false);
    await rig.clock.advance(1);
    await rig.until(() => client.hasEnd && rig.closed === 1);
  });

  test("closes a connection with an answer that is told to be the last, and takes nothing behind it", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(get("/1") + get("/2"));
    const exchange = await rig.request();
    rig.connections[0]?.stop(5000);
    answerTarget(exchange);
    await rig.until(() => client.hasEnd);
    assert.equal(rig.exchanges.length, 1);
  });

  test("takes one more behind an answer that could not say it was the last", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(get("/1"));
    const first = await rig.request();
    first.begin(200, [], undefined);
    rig.connections[0]?.stop(5000);
    first.end();
    await rig.until(() => client.text.endsWith("0\r\n\r\n"));
    client.send(get("/2"));
    answerTarget(await rig.request(1));
    await rig.until(() => client.hasEnd);
    assert.match(client.text, /\r\nConnection: close\r\n/);
  });

  test("does not wait for a request that never comes whole", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    rig.connections[0]?.stop(5000);
    client.send("GET / HTTP/1.1\r\n");
    await arrive();
    await rig.clock.advance(60_000);
    await rig.until(() => client.hasEnd);
    assert.deepEqual(rig.refused, ["too_slow"]);
  });

  test("ends at once when the client leaves", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    rig.connections[0]?.stop(5000);
    client.socket.end();
    await rig.until(() => rig.closed === 1);
    assert.equal(rig.clock.pending, 0);
  });
});
