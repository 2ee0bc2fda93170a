import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  answerBody,
  answerTarget,
  arrive,
  ConnectionRig,
  chunked,
  get,
  post,
  readAll,
} from "./testdata/connection-rig.ts";

describe("a server's connection", () => {
  test("serves one request after another", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    for (const path of ["/1", "/2", "/3"]) {
      client.send(get(path));
      await rig.until(() => client.lines.at(-1) === path);
    }
    assert.deepEqual(client.statuses, ["200", "200", "200"]);
    assert.equal(client.hasEnd, false);
  });

  test("takes a head that comes byte by byte", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    for (const byte of get("/a")) {
      client.send(byte);
      await arrive();
    }
    await rig.until(() => client.lines.length === 1);
  });

  test("begins a pipelined request only when the one before it is answered", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(get("/1") + get("/2") + get("/3"));
    for (let i = 0; i < 3; i++) {
      const exchange = await rig.request(i);
      await arrive();
      assert.equal(rig.exchanges.length, i + 1);
      answerTarget(exchange);
    }
    await rig.until(() => client.lines.length === 3);
    assert.deepEqual(client.lines, ["/1", "/2", "/3"]);
  });

  test("serves thousands of pipelined requests that are answered at once", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    const paths = Array.from({ length: 3000 }, (_, i) => `/${i}`);
    client.send(paths.map((path) => get(path)).join(""));
    await rig.until(() => client.lines.length === paths.length);
    assert.deepEqual(client.lines, paths);
  });

  test("serves thousands of pipelined requests with bodies that are not read", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    const paths = Array.from({ length: 3000 }, (_, i) => `/${i}`);
    client.send(paths.map((path) => chunked(path, "1\r\na\r\n0\r\n\r\n")).join(""));
    await rig.until(() => client.lines.length === paths.length);
    assert.deepEqual(client.lines, paths);
  });

  test("begins no further request while the client does not take its answers", async (t) => {
    const body = Buffer.alloc(16 * 1024, "x");
    const rig = await ConnectionRig.start(t, (exchange) => exchange.answer(200, [], body));
    const client = await rig.connect();
    const count = 1000;
    client.socket.pause();
    client.send(get("/").repeat(count));
    const [socket] = rig.sockets;
    assert.ok(socket);
    await rig.request();
    for (let before = -1; before !== rig.exchanges.length; await arrive()) before = rig.exchanges.length;
    assert.ok(rig.exchanges.length < count);
    assert.ok(socket.writableLength < 10 * body.length);
    client.socket.resume();
    await rig.until(() => client.text.length > count * body.length);
    assert.equal(rig.exchanges.length, count);
  });

  test("closes behind the answer when the client says so, and takes nothing more", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    client.send(get("/1", "Connection: close\r\n") + get("/2"));
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.lines, ["/1"]);
    assert.match(client.text, /\r\nConnection: close\r\n/);
    assert.equal(rig.exchanges.length, 1);
  });

  test("closes behind an answer to HTTP/1.0, but not when the client asks to keep it", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await rig.until(() => client.lines.length === 1);
    assert.match(client.text, /\r\nConnection: keep-alive\r\n/);
    client.send("GET /2 HTTP/1.0\r\n\r\n");
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.lines, ["/1", "/2"]);
  });

  test("closes behind an answer to HTTP/1.0 that only its end can tell, whatever the client asks", async (t) => {
    const rig = await ConnectionRig.start(t, (exchange) => {
      exchange.begin(200, [], undefined);
      exchange.write(Buffer.from("hi"));
      exchange.end();
    });
    const client = await rig.connect();
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await rig.until(() => client.hasEnd);
    assert.match(client.text, /\r\n\r\nhi$/);
  });
});

describe("a request's body on a connection", () => {
  for (const [what, request] of [
    ["of a length", post("/", "hello, world")],
    ["in chunks", chunked("/", "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nA: b\r\n\r\n")],
  ] as const) {
    test(`${what} is handed on, in one piece or byte by byte, and the next request is served`, async (t) => {
      const rig = await ConnectionRig.start(t, answerBody);
      const client = await rig.connect();
      client.send(request + get("/"));
      await rig.until(() => client.lines.length === 2);
      for (const byte of request) {
        client.send(byte);
        await arrive();
      }
      await rig.until(() => client.lines.length === 3);
      assert.deepEqual(client.lines, ["hello, world", "", "hello, world"]);
    });
  }

  test("may still come while the answer goes", async (t) => {
    const rig = await ConnectionRig.start(t, async (exchange) => {
      exchange.begin(200, [], undefined);
      for await (const part of exchange.body ?? []) await exchange.write(part);
      exchange.end();
    });
    const client = await rig.connect();
    client.send(chunked("/", "1\r\na\r\n"));
    await rig.until(() => client.text.endsWith("1\r\na\r\n"));
    client.send("1\r\nb\r\n0\r\n\r\n");
    await rig.until(() => client.text.endsWith("1\r\nb\r\n0\r\n\r\n"));
  });

  test("that is not read is dropped behind the answer, also what comes later", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    const body = "x".repeat(300_000);
    const request = post("/1", body);
    client.send(request.slice(0, 1000));
    await rig.until(() => client.lines.length === 1);
    client.send(request.slice(1000) + get("/2"));
    await rig.until(() => client.lines.length === 2);
    assert.deepEqual(client.lines, ["/1", "/2"]);
  });

  test("that is read in part is dropped behind the answer, and fails for who still reads it", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(chunked("/1", "1\r\na\r\n"));
    const exchange = await rig.request();
    const reader = exchange.body?.[Symbol.asyncIterator]();
    assert.equal(String((await reader?.next())?.value), "a");
    const failed = assert.rejects(async () => reader?.next());
    answerTarget(exchange);
    await failed;
    client.send(`1\r\nb\r\n0\r\n\r\n${get("/2")}`);
    answerTarget(await rig.request(1));
    await rig.until(() => client.lines.length === 2);
  });

  test("that nobody reads makes its client wait, and costs no memory", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    const body = Buffer.alloc(16 * 1024 * 1024, "x");
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    client.send(body);
    const exchange = await rig.request();
    const [socket] = rig.sockets;
    assert.ok(socket);
    for (let before = -1; before !== socket.bytesRead; await arrive()) before = socket.bytesRead;
    assert.ok(socket.bytesRead < 512 * 1024, `${socket.bytesRead} bytes were taken`);
    assert.equal((await readAll(exchange)).length, body.length);
  });

  test("that is malformed fails for its reader, whose answer is the last", async (t) => {
    const rig = await ConnectionRig.start(t);
    const client = await rig.connect();
    client.send(chunked("/1", `1\r\na\r\nnonsense\r\n0\r\n\r\n${get("/2")}`));
    const exchange = await rig.request();
    await assert.rejects(readAll(exchange), { kind: "malformed" });
    client.send(`1\r\nb\r\n0\r\n\r\n${get("/3")}`);
    await arrive();
    await assert.rejects(readAll(exchange), { kind: "malformed" });
    exchange.answer(400, [], Buffer.from("no\n"));
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.statuses, ["400"]);
    assert.match(client.text, /\r\nConnection: close\r\n/);
    assert.equal(rig.exchanges.length, 1);
  });

  test("that turns out malformed behind the answer closes the connection", async (t) => {
    const rig = await ConnectionRig.start(t, answerTarget);
    const client = await rig.connect();
    client.send(chunked("/1", "1\r\na\r\n"));
    await rig.until(() => client.lines.length === 1);
    client.send(`nonsense\r\n0\r\n\r\n${get("/2")}`);
    await rig.until(() => client.hasEnd);
    assert.deepEqual(client.statuses, ["200"]);
    assert.equal(rig.exchanges.length, 1);
  });
});
