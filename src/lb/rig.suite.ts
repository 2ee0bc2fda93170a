/** What the tests of the balancer stand on: fake nodes and a balancer on free ports of this machine. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { TestContext } from "node:test";
import pino from "pino";
import { FakeClock } from "../clock/fake-clock.ts";
import { createIds } from "../clock/ids.ts";
import { seededRandom } from "../clock/random.ts";
import { type Balancer, type BalancerOptions, createBalancer } from "./balancer.ts";
import { DEFAULT_TIMEOUTS } from "./forward/forwarder.ts";
import { LOOPBACK as LOOPBACK_NETWORKS } from "./forward/trusted-proxies.ts";
import { ToldSource } from "./nodes/told-source.ts";
import { jumpHash } from "./placement/jump-hash.ts";
import { hashOfKey } from "./placement/key.ts";
import { aloneLink } from "./workers/link.ts";

const LOOPBACK = "127.0.0.1";

/** A server that passes health checks and does with all else what the test says. */
export interface FakeNode {
  readonly name: string;
  readonly server: Server;
  /** The requests that were no health checks. */
  readonly seen: { readonly method: string; readonly url: string; readonly rawHeaders: readonly string[] }[];
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** What `/version` answers. */
  version: { status: number; body: string };
  /** Stops at once: connections are cut, and new ones refused until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startNode(
  t: TestContext,
  handle: FakeNode["handle"] = (_, response) => response.end("hello"),
): Promise<FakeNode> {
  const server = createServer((request, response) => {
    if (request.url === "/version") {
      response.writeHead(node.version.status).end(node.version.body);
      return;
    }
    const { method = "", url = "", rawHeaders } = request;
    node.seen.push({ method, url, rawHeaders });
    node.handle(request, response);
  });
  const port = await listen(server, 0);
  const node: FakeNode = {
    name: `${LOOPBACK}:${port}`,
    server,
    seen: [],
    handle,
    version: { status: 200, body: '{"version":"0.3.500"}' },
    async stop() {
      if (!server.listening) return;
      server.close().closeAllConnections();
      await once(server, "close");
    },
    async start() {
      await listen(server, port);
    },
  };
  t.after(() => node.stop());
  return node;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, LOOPBACK);
  await once(server, "listening");
  return portOf(server);
}

export function portOf(server: Server): number {
  // Only a pipe has a text for its address.
  return (server.address() as AddressInfo).port;
}

export interface BalancerRig {
  readonly balancer: Balancer;
  readonly clock: FakeClock;
  readonly url: string;
  readonly port: number;
  /** Resolves when the log has, from the last call of this on, `count` lines with the message. */
  logged(message: string, count?: number): Promise<void>;
}

/** A balancer in front of the nodes, started, with the first check of each done. */
export async function startBalancer(
  t: TestContext,
  nodes: readonly FakeNode[],
  more: Partial<BalancerOptions> = {},
): Promise<BalancerRig> {
  const clock = new FakeClock();
  const { log, logged } = makeLog();
  const here = { host: LOOPBACK, port: 0 };
  const balancer = await createBalancer({
    source: new ToldSource({ names: nodes.map(({ name }) => name), link: aloneLink(), clock }),
    policy: "wait",
    listen: here,
    mgmtListen: here,
    mgmtToken: undefined,
    tls: undefined,
    nodeTls: undefined,
    timeouts: { headerMs: 30_000, idleMs: 75_000, forward: DEFAULT_TIMEOUTS },
    connectionsMax: 1000,
    trustedProxies: LOOPBACK_NETWORKS,
    keptBytesMax: 1024 * 1024,
    drainDelayMs: 0,
    stopIdleMs: 0,
    link: aloneLink(),
    health: {
      path: "/version",
      intervalMs: 3000,
      timeoutMs: 5000,
      thresholds: { healthy: 1, unhealthy: 2 },
      versionMin: "0.0.234",
    },
    clock,
    random: seededRandom(1),
    ids: createIds(clock, seededRandom(2)),
    log,
    ...more,
  });
  await balancer.start();
  t.after(() => balancer.stop(AbortSignal.abort()));
  await logged("node is healthy", nodes.length);
  const { traffic: port } = balancer.ports();
  return { balancer, clock, port, url: `http://${LOOPBACK}:${port}`, logged };
}

function makeLog() {
  let messages: string[] = [];
  let onMessage = () => {};
  const log = pino(
    { level: "trace" },
    {
      write(line) {
        messages.push(JSON.parse(line).msg);
        onMessage();
      },
    },
  );
  const logged = (message: string, count = 1) =>
    new Promise<void>((resolve) => {
      onMessage = () => {
        if (messages.filter((line) => line === message).length < count) return;
        messages = [];
        onMessage = () => {};
        resolve();
      };
      onMessage();
    });
  return { log, logged };
}

/** A path whose home is the given one of the nodes, with the policy of this rig. */
export function pathOf(node: FakeNode, nodes: readonly FakeNode[]): string {
  for (let i = 0; ; i++) {
    const path = `/r/app/${i}`;
    if (orderOf(path, nodes)[0] === node) return path;
  }
}

/** The nodes in the order in which a call to the path tries them, with the policy of this rig. */
export function orderOf(path: string, nodes: readonly FakeNode[]): FakeNode[] {
  const sorted = nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const home = jumpHash(hashOfKey(path), sorted.length);
  return [...sorted.slice(home), ...sorted.slice(0, home)];
}

/** Sends bytes as they are and gives all that comes back until the other side closes. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, LOOPBACK);
  socket.setEncoding("latin1");
  socket.write(bytes, "latin1");
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer;
}
