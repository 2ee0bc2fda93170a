import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { createWarmNode } from "./warm-node.ts";

async function startNode(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  // Only a pipe has a text for its address.
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const warm = createWarmNode({ timeoutMs: 10_000 });

describe("a node that is asked to warm functions", () => {
  test("gets POST /1/node/prewarm with their paths, and says how many it has taken on", async (t) => {
    let seen: unknown;
    const node = await startNode(t, async (request, response) => {
      seen = [request.method, request.url, await text(request)];
      response.writeHead(202).end('{"warming":2}');
    });
    assert.equal(await warm(node, ["/r/a/f", "/r/a/g"]), 2);
    assert.deepEqual(seen, ["POST", "/1/node/prewarm", '{"fns":["/r/a/f","/r/a/g"]}']);
  });

  test("is shown the token, if there is one", async (t) => {
    const seen: unknown[] = [];
    const node = await startNode(t, (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(202).end('{"warming":0}');
    });
    await warm(node, []);
    await createWarmNode({ timeoutMs: 10_000, token: "fn_t" })(node, []);
    assert.deepEqual(seen, [undefined, "Bearer fn_t"]);
  });

  const bad: readonly (readonly [what: string, answer: RequestListener])[] = [
    ["does not know how", (_, response) => response.writeHead(404).end('{"warming":2}')],
    ["answers with something else", (_, response) => response.end("hello")],
    ["answers without a number", (_, response) => response.end('{"warming":"all"}')],
    ["breaks off", (request) => request.destroy()],
  ];
  for (const [what, answer] of bad) {
    test(`has not agreed when it ${what}`, async (t) => {
      const node = await startNode(t, answer);
      await assert.rejects(warm(node, ["/r/a/f"]));
    });
  }

  test("has not agreed when it is silent for too long", async (t) => {
    const node = await startNode(t, () => {});
    await assert.rejects(createWarmNode({ timeoutMs: 20 })(node, ["/r/a/f"]), { name: "TimeoutError" });
  });
});
