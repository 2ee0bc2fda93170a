import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BODY_MS, CLOSE_MS, HEAD_MS, IDLE_MS } from "./server-timeouts.ts";
import { answerTarget, arrive, ConnectionRig, chunked, get, readAll } from "./testdata/connection-rig.ts";

describe("a client that says nothing", () => {
  test("is left when it has been idle long enough, without a word", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    await rig.clock.advance(IDLE_MS - 1);
    await arrive();
    assert.equal(client.hasEnd, false);
    await rig.clock.advance(1);
    await rig.until(() => client.hasEnd);
    assert.equal(client.text, "");
  });

  test("is idle from its last answer on", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    await rig.clock.advance(IDLE_MS - 1);
    client.send(get("/1"));
    await rig.until(() => client.lines.length === 1);
    await rig.clock.advance(IDLE_MS - 1);
    await arrive();
    assert.equal(client.hasEnd, false);
    await rig.clock.advance(1);
    await rig.until(() => client.hasEnd);
  });

  test("is idle also when it sends an empty line", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    for (const text of ["\r", "\n"]) {
      client.send(text);
      await arrive();
    }
    await rig.clock.advance(IDLE_MS);
    await rig.until(() => client.hasEnd);
    assert.equal(client.text, "");
  });

  test("is not idle while it waits for its answer", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(get("/1"));
    const exchange = await rig.request();
    await rig.clock.advance(10 * IDLE_MS);
    answerTarget(exchange);
    await rig.until(() => client.lines.length === 1);
  });
});

describe("a client that is slow with its head", () => {
  test("is refused, however busily it drips", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    const steps = 10;
    for (let i = 0; i < steps; i++) {
      client.send(`GET / HTTP/1.1\r\nHost: a\r\n`.charAt(i));
      await arrive();
      assert.equal(client.text, "");
      await rig.clock.advance(HEAD_MS / steps);
    }
    await rig.until(() => client.hasEnd);
    assert.deepEqual(rig.refused, ["too_slow"]);
    assert.deepEqual(client.statuses, ["400"]);
    assert.match(client.text, /\r\nConnection: close\r\n/);
  });

  test("has its time anew for each head", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    for (let i = 1; i <= 3; i++) {
      client.send("GET ");
      await arrive();
      await rig.clock.advance(HEAD_MS - 1);
      client.send("/ HTTP/1.1\r\nHost: a\r\n\r\n");
      await rig.until(() => client.lines.length === i);
    }
    await rig.clock.advance(IDLE_MS - 1);
    await arrive();
    assert.equal(client.hasEnd, false);
  });
});

describe("a client that is slow with its body", () => {
  test("makes its reader fail, whose answer is the last", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(chunked("/", "1\r\na\r\n"));
    const exchange = await rig.request();
    const failed = assert.rejects(readAll(exchange), { kind: "too_slow" });
    await rig.clock.advance(BODY_MS);
    await failed;
    exchange.answer(408, [], Buffer.from("slow\n"));
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.statuses, ["408"]);
  });

  test("has its time anew for each part", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(chunked("/", ""));
    const body = readAll(await rig.request());
    for (const text of ["1\r", "\na\r\n", "0\r\n\r\n"]) {
      await rig.clock.advance(BODY_MS - 1);
      client.send(text);
      await arrive();
    }
    assert.equal(await body, "a");
  });

  for (const [what, chunks, all] of [
    ["what it has sent", "1\r\na\r\n", "a"],
    ["the second part of it", "1\r\na\r\n1\r\nb\r\n", "ab"],
  ] as const) {
    test(`is not the slow one while nobody reads ${what}`, async (t) => {
      const rig = await ConnectionRig.start(t);
      const client = await rig.connect();
      client.send(chunked("/", chunks));
      const exchange = await rig.request();
      await arrive();
      let body = "";
      if (all.length > 1) body += (await exchange.body?.[Symbol.asyncIterator]().next())?.value;
      await rig.clock.advance(10 * BODY_MS);
      const rest = readAll(exchange);
      await arrive();
      await rig.clock.advance(BODY_MS - 1);
      client.send("0\r\n\r\n");
      assert.equal(body + (await rest), all);
    });
  }

  test("is not the slow one before it hears the 100 that it waits for", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    const exchange = await rig.request();
    await rig.clock.advance(10 * BODY_MS);
    const body = readAll(exchange);
    await rig.clock.advance(BODY_MS - 1);
    client.send("hi");
    assert.equal(await body, "hi");
  });

  test("but hears the 100 and sends nothing is slow", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    const failed = assert.rejects(readAll(await rig.request()), { kind: "too_slow" });
    await rig.clock.advance(BODY_MS);
    await failed;
  });

  test("that nobody wants any more is left", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    client.send(chunked("/", "1\r\na\r\n"));
    await rig.until(() => client.lines.length === 1);
    await rig.clock.advance(BODY_MS);
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.statuses, ["200"]);
  });
});

describe("a client that is slow to leave", () => {
  test("after a refusal still has its bytes taken, so that it can hear why", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("nonsense\r\n\r\n");
    await rig.until(() => client.hasEnd);
    client.send(Buffer.alloc(1024 * 1024, "x"));
    await arrive();
    assert.equal(rig.closed, 0);
    client.socket.end();
    await rig.until(() => rig.closed === 1);
    assert.deepEqual(client.statuses, ["400"]);
    assert.equal(rig.clock.pending, 0);
  });

  test("is broken off in the end", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send("nonsense\r\n\r\n");
    await rig.until(() => client.hasEnd);
    await rig.clock.advance(CLOSE_MS - 1);
    await arrive();
    assert.equal(rig.closed, 0);
    await rig.clock.advance(1);
    await rig.until(() => rig.closed === 1);
    assert.equal(rig.clock.pending, 0);
  });

  test("since it does not take its answer is broken off in the end", async (t) => {
    const rig = await ConnectionRig.start(t, (exchange) =>
      exchange.answer(200, [], Buffer.alloc(32 * 1024 * 1024)),
    );
    const client = await rig.connect();
    client.socket.pause();
    client.send(get("/"));
    await rig.request();
    await arrive();
    await rig.clock.advance(IDLE_MS);
    await arrive();
    assert.equal(rig.closed, 0);
    await rig.clock.advance(CLOSE_MS);
    await rig.until(() => rig.closed === 1);
    assert.equal(rig.clock.pending, 0);
  });
});

describe("the timers of a connection", () => {
  test("are one, whatever it does", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(chunked("/", "1\r\na\r\n"));
    const exchange = await rig.request();
    assert.equal(rig.clock.pending, 1);
    const body = readAll(exchange);
    client.send("0\r\n\r\n");
    await body;
    answerTarget(exchange);
    await rig.until(() => client.lines.length === 1);
    client.send("GET");
    await arrive();
    assert.equal(rig.clock.pending, 1);
    client.socket.destroy();
    await rig.until(() => rig.closed === 1);
    assert.equal(rig.clock.pending, 0);
  });
});
