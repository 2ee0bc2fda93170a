import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import { request } from "undici";
import { FakeClock } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import { orderOf, pathOf, startBalancer, startNode } from "../rig.suite.ts";
import { forward } from "./forward.ts";
import { NodePools } from "./node-pools.ts";

describe("a node that refuses the connection", () => {
  test("is passed over for the next in order", async (t) => {
    const nodes = [await startNode(t), await startNode(t), await startNode(t)];
    const { url } = await startBalancer(t, nodes);
    const [home, next, last] = orderOf("/r/app/f", nodes);
    await home?.stop();
    const { statusCode } = await request(`${url}/r/app/f`);
    assert.deepEqual([statusCode, next?.seen.length, last?.seen.length], [200, 1, 0]);
  });

  test("has taken nothing of the body", async (t) => {
    const nodes = [
      await startNode(t, (message, response) => message.pipe(response)),
      await startNode(t, (message, response) => message.pipe(response)),
    ];
    const { url } = await startBalancer(t, nodes);
    await orderOf("/r/app/f", nodes)[0]?.stop();
    const body = Buffer.alloc(1024 * 1024, "x");
    const answer = await request(`${url}/r/app/f`, { method: "POST", body });
    assert.deepEqual(Buffer.from(await answer.body.arrayBuffer()), body);
  });

  test("counts as a failed check, and gets no more requests when there were enough", async (t) => {
    const nodes = [await startNode(t), await startNode(t)];
    const { url, logged } = await startBalancer(t, nodes);
    const [home, next] = orderOf("/r/app/f", nodes);
    await home?.stop();
    await (await request(`${url}/r/app/f`)).body.dump();
    await (await request(`${url}/r/app/f`)).body.dump();
    await logged("node is unhealthy");
    await home?.start();
    await (await request(`${url}/r/app/f`)).body.dump();
    assert.deepEqual([home?.seen.length, next?.seen.length], [0, 3]);
  });

  test("leaves 502 no_node when it was the last one", async (t) => {
    const node = await startNode(t);
    const { url } = await startBalancer(t, [node]);
    await node.stop();
    assert.deepEqual(await errorOf(await request(`${url}/r/app/f`)), { status: 502, code: "no_node" });
  });
});

describe("without a node", () => {
  test("the answer is 502 no_node", async (t) => {
    const { url } = await startBalancer(t, []);
    const answer = await request(`${url}/r/app/f`, { method: "POST", body: "unread" });
    assert.match(String(answer.headers["content-type"]), /^application\/json/);
    assert.deepEqual(await errorOf(answer), { status: 502, code: "no_node" });
  });
});

describe("a node that breaks off before it answers", () => {
  test("gives 502 node_failed", async (t) => {
    const nodes = [
      await startNode(t, (message) => message.socket.destroy()),
      await startNode(t, (message) => message.socket.destroy()),
    ];
    const { url } = await startBalancer(t, nodes);
    const answer = await request(`${url}/r/app/f`, { method: "POST", body: "x" });
    assert.deepEqual(await errorOf(answer), { status: 502, code: "node_failed" });
    assert.deepEqual(nodes.map(({ seen }) => seen.length).sort(), [0, 1]);
  });

  for (const method of ["GET", "HEAD", "OPTIONS"] as const) {
    test(`is asked once more for a ${method} without a body`, async (t) => {
      const node = await startNode(t, (message) => {
        message.socket.destroy();
        node.handle = (_, response) => response.end("hello");
      });
      const { url } = await startBalancer(t, [node]);
      const { statusCode } = await request(`${url}/r/app/f`, { method });
      assert.deepEqual([statusCode, node.seen.length], [200, 2]);
    });
  }

  test("is not asked a third time", async (t) => {
    const node = await startNode(t, (message) => message.socket.destroy());
    const { url } = await startBalancer(t, [node]);
    assert.deepEqual(await errorOf(await request(`${url}/r/app/f`)), { status: 502, code: "node_failed" });
    assert.equal(node.seen.length, 2);
  });

  for (const [name, options] of [
    ["POST", { method: "POST" }],
    ["DELETE", { method: "DELETE" }],
    ["GET with a body", { method: "GET", body: "x" }],
  ] as const) {
    test(`is not asked again for a ${name}`, async (t) => {
      const node = await startNode(t, (message) => message.socket.destroy());
      const { url } = await startBalancer(t, [node]);
      assert.deepEqual(await errorOf(await request(`${url}/r/app/f`, options)), {
        status: 502,
        code: "node_failed",
      });
      assert.equal(node.seen.length, 1);
    });
  }

  test("and is dead when it is asked again is passed over", async (t) => {
    const nodes = [await startNode(t), await startNode(t)];
    const { url } = await startBalancer(t, nodes);
    const [home, next] = orderOf("/r/app/f", nodes);
    if (home) home.handle = () => void home.stop();
    const { statusCode } = await request(`${url}/r/app/f`);
    assert.deepEqual([statusCode, home?.seen.length, next?.seen.length], [200, 1, 1]);
  });

  test("twice for a request that may be repeated is passed over", async (t) => {
    const nodes = [await startNode(t), await startNode(t)];
    const { url } = await startBalancer(t, nodes);
    const [home, next] = orderOf("/r/app/f", nodes);
    if (home) home.handle = (message) => void message.socket.destroy();
    const { statusCode } = await request(`${url}/r/app/f`);
    assert.deepEqual([statusCode, home?.seen.length, next?.seen.length], [200, 2, 1]);
  });

  test("gives 502 node_failed also for an answer that is no HTTP", async (t) => {
    const node = await startNode(t, (message) => message.socket.end("SSH-2.0-x\r\n"));
    const { url } = await startBalancer(t, [node]);
    const answer = await request(`${url}/r/app/f`, { method: "POST" });
    assert.deepEqual(await errorOf(answer), { status: 502, code: "node_failed" });
  });
});

describe("a connection that the node closed while it was idle", () => {
  test("is not noticed by the client of a repeatable request", async (t) => {
    const node = await startNode(t, (message, response) => {
      response.end("hello");
      response.on("finish", () => message.socket.destroy());
    });
    const { url } = await startBalancer(t, [node]);
    for (let i = 0; i < 5; i++) assert.equal(await (await request(`${url}/r/app/f`)).body.text(), "hello");
    assert.equal(node.seen.length, 5);
  });
});

describe("a node that breaks off in mid-answer", () => {
  test("leaves the client with a connection that is cut, not with a short answer", async (t) => {
    const node = await startNode(t, (message, response) => {
      response.writeHead(200, { "Content-Length": 100 });
      response.write("half");
      setImmediate(() => message.socket.destroy());
    });
    const { url } = await startBalancer(t, [node]);
    await assert.rejects(async () => (await request(`${url}/r/app/f`)).body.text());
    assert.equal(node.seen.length, 1);
  });

  test("does so as well when the answer comes in chunks", async (t) => {
    const node = await startNode(t, (message, response) => {
      response.write("half");
      setImmediate(() => message.socket.destroy());
    });
    const { url } = await startBalancer(t, [node]);
    await assert.rejects(async () => (await request(`${url}/r/app/f`)).body.text());
  });
});

describe("a client that leaves", () => {
  test("before the answer has its request cancelled at the node", async (t) => {
    const leaving = new AbortController();
    const node = await startNode(t, () => leaving.abort());
    const { url } = await startBalancer(t, [node]);
    const cancelled = new Promise((resolve) => {
      node.server.on("request", (message) => message.on("close", resolve));
    });
    await assert.rejects(request(`${url}/r/app/f`, { signal: leaving.signal }));
    await cancelled;
  });

  test("in mid-answer has its request cancelled at the node", async (t) => {
    const node = await startNode(t, (_, response) => response.write("half"));
    const { url } = await startBalancer(t, [node]);
    const cancelled = new Promise((resolve) => {
      node.server.on("request", (_, response) => response.on("close", resolve));
    });
    const { body } = await request(`${url}/r/app/f`);
    body.on("error", () => {}).destroy();
    await cancelled;
  });

  test("in the middle of its own request has it cancelled at the node", async (t) => {
    const node = await startNode(t, () => {});
    const { url } = await startBalancer(t, [node]);
    const outgoing = httpRequest(`${url}/r/app/f`, { method: "POST" }).on("error", () => {});
    outgoing.write("half");
    const [message] = await once(node.server, "request");
    const cancelled = new Promise((resolve) => message.on("close", resolve));
    outgoing.destroy();
    await cancelled;
    assert.equal(message.complete, false);
  });

  test("counts against no node", async (t) => {
    const nodes = [await startNode(t), await startNode(t)];
    const { url } = await startBalancer(t, nodes);
    const path = pathOf(nodes[0] ?? assert.fail(), nodes);
    for (let i = 0; i < 4; i++) {
      const leaving = new AbortController();
      for (const node of nodes) node.handle = () => leaving.abort();
      await assert.rejects(request(url + path, { signal: leaving.signal }));
    }
    const { body } = await request(`${url}/1/lb/nodes`);
    assert.deepEqual(Object.values(((await body.json()) as { nodes: object }).nodes), ["online", "online"]);
  });
});

describe("a request that cannot be written", () => {
  test("is refused, and counts against no node", async (t) => {
    const node = await startNode(t);
    const pools = new NodePools();
    pools.open(node.name);
    t.after(() => pools.closeAll());
    const message = new IncomingMessage(new Socket());
    message.rawHeaders = ["X-Wide", "\u0100"];
    const exchange = {
      request: message,
      response: new ServerResponse(message),
      target: { path: "/r/app/f", query: "", host: undefined },
    };
    await assert.rejects(
      forward(exchange, [node.name], {
        pools,
        clock: new FakeClock(),
        onAnswer: assert.fail,
        onUnreachable: assert.fail,
      }),
      (error) => error instanceof FnError && error.code === "request_malformed",
    );
  });
});

describe("an answer that comes before the request is whole", () => {
  test("reaches the client, and the connection stays usable", async (t) => {
    const node = await startNode(t, (_, response) => response.writeHead(413).end("too much"));
    const { url } = await startBalancer(t, [node]);
    const outgoing = httpRequest(`${url}/r/app/f`, { method: "POST" });
    outgoing.write(Buffer.alloc(256 * 1024));
    const [answer] = await once(outgoing, "response");
    assert.equal(answer.statusCode, 413);
    outgoing.end();
    assert.equal((await answer.toArray()).join(""), "too much");
  });
});

async function errorOf(
  answer: Awaited<ReturnType<typeof request>>,
): Promise<{ status: number; code: unknown }> {
  const text = await answer.body.text();
  assert.ok(text.endsWith("}\n"));
  return { status: answer.statusCode, code: JSON.parse(text).error.code };
}
