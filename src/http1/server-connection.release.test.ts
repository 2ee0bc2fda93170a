import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import {
  answerTarget,
  arrive,
  type Client,
  ConnectionRig,
  chunked,
  get,
  post,
} from "./testdata/connection-rig.ts";

/** A server that gives all requests but those under `/mine` to Node's. */
async function start(t: TestContext): Promise<{ rig: ConnectionRig; client: Client }> {
  const node = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const part of request) body += part;
    response.end(`node: ${request.method} ${request.url} ${body}\n`);
  });
  t.after(() => node.closeAllConnections());
  const rig = await ConnectionRig.start(t, (exchange, connection) => {
    if (!exchange.head.target.startsWith("/mine")) node.emit("connection", connection.release());
  });
  return { rig, client: await rig.connect() };
}

describe("a connection that is released", () => {
  for (const [what, text, answers] of [
    ["a request", get("/a"), ["node: GET /a "]],
    ["a request with a body", post("/a", "hi"), ["node: POST /a hi"]],
    ["a request in chunks", chunked("/a", "2\r\nhi\r\n0\r\n\r\n"), ["node: POST /a hi"]],
    ["a request behind an empty line", `\r\n${get("/a")}`, ["node: GET /a "]],
    ["requests one behind the other", post("/a", "hi") + get("/b"), ["node: POST /a hi", "node: GET /b "]],
  ] as const) {
    test(`has ${what} answered by who took it, in one piece or byte by byte`, async (t) => {
      for (const pieces of [[text], [...text]]) {
        const { rig, client } = await start(t);
        for (const piece of pieces) {
          client.send(piece);
          await arrive();
        }
        await rig.until(() => client.text.split("node: ").length > answers.length);
        for (const answer of answers) assert.ok(client.text.includes(answer), client.text);
        assert.equal(rig.exchanges.length, 1);
      }
    });
  }

  test("may be one that has served requests before, which came in the same piece", async (t) => {
    const { rig, client } = await start(t);
    client.send(get("/mine") + post("/a", "hi") + get("/b"));
    answerTarget(await rig.request());
    await rig.until(() => client.text.includes("node: GET /b "));
    assert.match(client.text, /\/mine\n[\s\S]*node: POST \/a hi\n[\s\S]*node: GET \/b \n/);
  });

  test("has a large body that is still to come read by who took it", async (t) => {
    const { rig, client } = await start(t);
    const body = "x".repeat(1024 * 1024);
    client.send(get("/mine") + post("/a", body));
    const exchange = await rig.request();
    await arrive();
    answerTarget(exchange);
    await rig.until(() => client.text.includes(`node: POST /a ${body}\n`));
  });

  test("is no longer this one's: no timer, no further word, and stop leaves it alone", async (t) => {
    const { rig, client } = await start(t);
    client.send(get("/a"));
    await rig.until(() => client.text.includes("node: GET /a "));
    assert.equal(rig.closed, 1);
    assert.equal(rig.clock.pending, 0);
    rig.connections[0]?.stop();
    client.send(get("/b"));
    await rig.until(() => client.text.includes("node: GET /b "));
  });
});
