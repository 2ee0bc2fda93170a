import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { request } from "undici";
import { sendRaw, startBalancer, startNode } from "../rig.suite.ts";

describe("a request on its way to the node", () => {
  test("keeps method, path and query in the client's encoding, and all fields in order and case", async (t) => {
    const node = await startNode(t);
    const { port } = await startBalancer(t, [node]);
    await sendRaw(
      port,
      "DELETE /r/a%2fb/c%20d;x?q=%41 HTTP/1.1\r\nHost: lb:8081\r\nX-b: 1\r\nx-A: \xe9\r\nX-b: 2\r\nConnection: close\r\n\r\n",
    );
    const [seen] = node.seen;
    assert.deepEqual([seen?.method, seen?.url], ["DELETE", "/r/a%2fb/c%20d;x?q=%41"]);
    assert.deepEqual(withoutConnection(seen?.rawHeaders ?? []), [
      ...["host", "lb:8081", "X-b", "1", "x-A", "\xe9", "X-b", "2"],
      ...["X-Forwarded-For", "127.0.0.1", "X-Forwarded-Proto", "http", "X-Forwarded-Host", "lb:8081"],
    ]);
  });

  test("with an absolute target becomes one for the path, and the target's host is its Host", async (t) => {
    const node = await startNode(t);
    const { port } = await startBalancer(t, [node]);
    await sendRaw(
      port,
      "GET http://fn.example/r/app/f?x=1 HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n",
    );
    const [seen] = node.seen;
    assert.equal(seen?.url, "/r/app/f?x=1");
    assert.deepEqual(seen?.rawHeaders.slice(0, 2), ["host", "fn.example"]);
  });

  test("loses an upgrade and is an ordinary request", async (t) => {
    const node = await startNode(t);
    const { port } = await startBalancer(t, [node]);
    const answer = await sendRaw(
      port,
      "GET /r/app/f HTTP/1.1\r\nHost: lb\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.ok(!node.seen[0]?.rawHeaders.includes("websocket"));
  });

  for (const [name, start] of [
    ["two Host fields", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n"],
    ["a target that is no path", "OPTIONS * HTTP/1.1\r\nHost: a\r\n"],
  ] as const) {
    test(`with ${name} is refused and reaches no node`, async (t) => {
      const node = await startNode(t);
      const { port } = await startBalancer(t, [node]);
      const answer = await sendRaw(port, `${start}Connection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 400 .*"code":"request_malformed"/s);
      assert.equal(node.seen.length, 0);
    });
  }

  test("with a length has a body of this length", async (t) => {
    const node = await startNode(t, (message, response) => message.pipe(response));
    const { url } = await startBalancer(t, [node]);
    const answer = await request(`${url}/r/app/f`, { method: "POST", body: "twelve bytes" });
    assert.equal(await answer.body.text(), "twelve bytes");
    assert.equal(fieldOf(node.seen[0]?.rawHeaders, "content-length"), "12");
  });

  test("without a length comes in chunks", async (t) => {
    const node = await startNode(t, (message, response) => message.pipe(response));
    const { url } = await startBalancer(t, [node]);
    const answer = await request(`${url}/r/app/f`, { method: "POST", body: Readable.from(["a", "b", "c"]) });
    assert.equal(await answer.body.text(), "abc");
    assert.equal(fieldOf(node.seen[0]?.rawHeaders, "transfer-encoding"), "chunked");
  });

  test("with an empty body says so", async (t) => {
    const node = await startNode(t);
    const { url } = await startBalancer(t, [node]);
    await (await request(`${url}/r/app/f`, { method: "POST", body: "" })).body.dump();
    assert.equal(fieldOf(node.seen[0]?.rawHeaders, "content-length"), "0");
  });

  test("is told to continue when a node takes its body, and not before", async (t) => {
    const node = await startNode(t, (message, response) => message.pipe(response));
    const { port } = await startBalancer(t, [node]);
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    socket.write(
      "POST /r/app/f HTTP/1.1\r\nHost: lb\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
    );
    let answer = "";
    for await (const chunk of socket) {
      if (answer === "") {
        assert.equal(chunk, "HTTP/1.1 100 Continue\r\n\r\n");
        socket.write("hello");
      }
      answer += chunk;
    }
    assert.match(answer, /hello/);
  });

  test("that expects to be told to continue hears that there is no node instead", async (t) => {
    const { port } = await startBalancer(t, []);
    const answer = await sendRaw(
      port,
      "POST /r/app/f HTTP/1.1\r\nHost: lb\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1\.1 502 .*"code":"no_node"/s);
  });
});

describe("an answer on its way to the client", () => {
  test("keeps status, reason and all fields in order and case", async (t) => {
    const node = await startNode(t, (_, response) => {
      response.sendDate = false;
      const fields = ["Set-Cookie", "a=1", "x-B", "\xe9", "set-cookie", "b=2", "Content-Length", "2"];
      response.writeHead(418, "Short and stout", fields).end(Buffer.from("hi"));
    });
    const { port } = await startBalancer(t, [node]);
    const answer = await sendRaw(port, "GET /r/app/f HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n");
    assert.equal(
      answer,
      "HTTP/1.1 418 Short and stout\r\nSet-Cookie: a=1\r\nx-B: \xe9\r\nset-cookie: b=2\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
    );
  });

  test("loses the wait, however often it is told", async (t) => {
    const node = await startNode(t, (_, response) => {
      response.writeHead(200, { "Xxx-Fxlb-Wait": ["1ms", "2ms"], "X-Kept": "1" }).end();
    });
    const { url } = await startBalancer(t, [node]);
    const { headers } = await request(`${url}/r/app/f`);
    assert.deepEqual([headers["xxx-fxlb-wait"], headers["x-kept"]], [undefined, "1"]);
  });

  test("passes a redirect on and does not follow it", async (t) => {
    const node = await startNode(t, (_, response) =>
      response.writeHead(302, { Location: "/elsewhere" }).end(),
    );
    const { url } = await startBalancer(t, [node]);
    const { statusCode, headers } = await request(`${url}/r/app/f`);
    assert.deepEqual([statusCode, headers.location, node.seen.length], [302, "/elsewhere", 1]);
  });

  test("to HEAD keeps the length and has no body", async (t) => {
    const node = await startNode(t, (_, response) =>
      response.writeHead(200, { "Content-Length": 1234 }).end(),
    );
    const { url } = await startBalancer(t, [node]);
    const { headers, body } = await request(`${url}/r/app/f`, { method: "HEAD" });
    assert.deepEqual([headers["content-length"], await body.text()], ["1234", ""]);
  });

  test("304 has no body, and the connection goes on", async (t) => {
    const node = await startNode(t, (_, response) => response.writeHead(304, { ETag: '"x"' }).end());
    const { port } = await startBalancer(t, [node]);
    const get = "GET /r/app/f HTTP/1.1\r\nHost: lb\r\n";
    const answer = await sendRaw(port, `${get}\r\n${get}Connection: close\r\n\r\n`);
    assert.equal(answer.match(/HTTP\/1\.1 304 Not Modified\r\n/g)?.length, 2);
    assert.match(answer, /ETag: "x"/);
  });

  test("may be announced by others before it", async (t) => {
    const node = await startNode(t, (_, response) => {
      response.writeInformation(103, ["Link", "</style.css>; rel=preload"]);
      response.end("hello");
    });
    const { url } = await startBalancer(t, [node]);
    const announced: unknown[] = [];
    const { statusCode, body } = await request(`${url}/r/app/f`, {
      onInfo: ({ statusCode, headers }) => announced.push([statusCode, headers.link]),
    });
    assert.deepEqual(announced, [[103, "</style.css>; rel=preload"]]);
    assert.deepEqual([statusCode, await body.text()], [200, "hello"]);
  });

  test("keeps its trailers", async (t) => {
    const node = await startNode(t, (_, response) => {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("hello");
      response.addTrailers({ "X-Sum": "42" });
      response.end();
    });
    const { url } = await startBalancer(t, [node]);
    const answer = await request(`${url}/r/app/f`);
    await answer.body.text();
    assert.equal(answer.trailers["x-sum"], "42");
  });

  test("without a length ends where the node's connection does", async (t) => {
    const node = await startNode(t, (message) => {
      message.socket.end("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    });
    const { url } = await startBalancer(t, [node]);
    assert.equal(await (await request(`${url}/r/app/f`)).body.text(), "until the end");
  });

  test("comes to an HTTP/1.0 client as it can read it", async (t) => {
    const node = await startNode(t, (_, response) => {
      response.writeProcessing();
      response.write("a");
      response.end("b");
    });
    const { port } = await startBalancer(t, [node]);
    const answer = await sendRaw(port, "GET /r/app/f HTTP/1.0\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 200 .*\r\n\r\nab$/s);
  });

  test("arrives piece by piece, the head before the first of the body", async (t) => {
    let goOn = () => {};
    const node = await startNode(t, (_, response) => {
      response.flushHeaders();
      goOn = () => response.end("late");
    });
    const { url } = await startBalancer(t, [node]);
    const answer = await request(`${url}/r/app/f`);
    goOn();
    assert.equal(await answer.body.text(), "late");
  });
});

describe("a large body", () => {
  test("comes through whole in both directions at once", async (t) => {
    const node = await startNode(t, (message, response) => message.pipe(response));
    const { url } = await startBalancer(t, [node]);
    const sent = createHash("sha256");
    const received = createHash("sha256");
    const answer = await request(`${url}/r/app/f`, {
      method: "POST",
      body: Readable.from(chunks(8 * 1024 * 1024, sent)),
    });
    for await (const chunk of answer.body) received.update(chunk);
    assert.equal(received.digest("hex"), sent.digest("hex"));
  });
});

function* chunks(bytes: number, hash: ReturnType<typeof createHash>): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let at = 0; at < bytes; at += chunk.length) {
    chunk.writeUInt32BE(at);
    hash.update(chunk);
    yield Buffer.from(chunk);
  }
}

function fieldOf(raw: readonly string[] = [], name: string): string | undefined {
  const at = raw.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at === -1 ? undefined : raw[at + 1];
}

/** Without the one field that speaks of the balancer's own connection to the node. */
function withoutConnection(raw: readonly string[]): string[] {
  return raw.filter((_, i) => raw[i - (i % 2)]?.toLowerCase() !== "connection");
}
