/** Nodes as programs that come and go behind a balancer: how they announce themselves, drain, and warm functions. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { openStore } from "../src/store/open-store.ts";
import {
  createRoute,
  eventually,
  freePorts,
  type NodeRig,
  processesWith,
  startNode,
  written,
} from "./support/programs.ts";

const POST = "POST /r/t/count HTTP/1.1\r\nHost: a\r\nVia: 1.1 fnlb\r\nContent-Length: 2\r\n\r\nhi";

describe("a node that gets SIGTERM", () => {
  test("answers a call that is on its way over a balancer's idle connection, and says that it is draining", async (t) => {
    const { node, balancer } = await stopUnderBalancer(t);
    const answer = await ask(balancer, POST);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, /\r\nFn-Node-State: draining\r\n/);
    assert.match(answer, /\r\nConnection: close\r\n/);
    assert.equal(await node.program.ended, 0, node.program.output());
  });

  test("refuses new connections, and ends when the balancer has closed its own", async (t) => {
    const { node, balancer } = await stopUnderBalancer(t);
    await eventually(() => isRefused(t, node), "it listens no more");
    assert.equal(node.program.child.exitCode, null);
    balancer.destroy();
    assert.equal(await node.program.ended, 0, node.program.output());
    assert.deepEqual(processesWith(node.dir), []);
  });

  test("waits for nobody else's idle connection", async (t) => {
    const { node, socket: client } = await startCalled(t, { call: POST.replace("Via: 1.1 fnlb\r\n", "") });
    const closed = once(client, "end");
    node.program.child.kill("SIGTERM");
    await closed;
    assert.equal(await node.program.ended, 0, node.program.output());
  });
});

describe("a node that announces itself", () => {
  test("is in the table of its database while it serves, and not any more when it has ended", async (t) => {
    const port = await freePorts(1);
    const name = `127.0.0.1:${port}`;
    const { node, socket: balancer } = await startCalled(t, {
      args: ["-port", String(port), "-announce", name],
    });
    const store = await openStore(`sqlite3://${join(node.dir, "fn.db")}`);
    t.after(() => store.close());
    assert.deepEqual(await store.nodes.list(), [{ name, weight: 1, isDraining: false }]);

    node.program.child.kill("SIGTERM");
    await eventually(
      async () => (await store.nodes.list())[0]?.isDraining === true,
      "it says that it is draining",
    );
    balancer.destroy();
    assert.equal(await node.program.ended, 0, node.program.output());
    assert.deepEqual(await store.nodes.list(), []);
  });

  test("needs an address to be found under", async (t) => {
    const failed = startNode(t, { args: ["-announce", "nobody"] });
    await assert.rejects(failed, /host:port/);
  });
});

describe("a function that a balancer wants warmed", () => {
  test("has a container before its first call", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/count", "count");
    const body = JSON.stringify({ fns: ["/r/t/count", "/r/t/nope"] });
    const answer = await fetch(`${node.url}/1/node/prewarm`, { method: "POST", body });
    assert.deepEqual([answer.status, await answer.json()], [202, { warming: 1 }]);
    const metric = 'fn_prewarms{outcome="started"} 1';
    await eventually(
      async () => (await (await fetch(`${node.url}/metrics`)).text()).includes(metric),
      metric,
    );
    const call = await fetch(`${node.url}/r/t/count`);
    assert.deepEqual([call.status, call.headers.get("fn-cold-start")], [200, null]);
  });
});

/** A node that has been told to stop, and a balancer's idle connection to it. */
async function stopUnderBalancer(t: TestContext): Promise<{ node: NodeRig; balancer: Socket }> {
  const { node, socket } = await startCalled(t);
  node.program.child.kill("SIGTERM");
  await written(node.program, "stopping");
  return { node, balancer: socket };
}

/** A node that has answered a call, and the connection over which it came: by default a balancer's. */
async function startCalled(
  t: TestContext,
  { args = [], call = POST }: { readonly args?: readonly string[]; readonly call?: string } = {},
): Promise<{ node: NodeRig; socket: Socket }> {
  const node = await startNode(t, { args });
  await createRoute(node, "/count", "count");
  const socket = await connectTo(t, node);
  await ask(socket, call);
  return { node, socket };
}

async function connectTo(t: TestContext, { url }: NodeRig): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding("latin1");
  t.after(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Sends a request and gives the answer, whose body is JSON. */
async function ask(socket: Socket, request: string): Promise<string> {
  socket.write(request);
  let text = "";
  while (!text.endsWith("}")) text += (await once(socket, "data"))[0];
  return text;
}

async function isRefused(t: TestContext, node: NodeRig): Promise<boolean> {
  try {
    (await connectTo(t, node)).destroy();
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
  }
}
