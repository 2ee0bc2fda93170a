/** A node over real HTTP whose agent is a script, for tests of invocation. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { after } from "node:test";
import type { Agent, Submission } from "../agent/agent.ts";
import { type Clock, systemClock } from "../clock/clock.ts";
import { createIds } from "../clock/ids.ts";
import { seededRandom } from "../clock/random.ts";
import { FN_DEFAULTS } from "../model/fn.ts";
import type { Trigger } from "../model/trigger.ts";
import type { RouteInApp, Store } from "../store/store.ts";
import { Metrics } from "./metrics.ts";
import { HttpNode } from "./node.ts";

export type Run = (submission: Submission) => Promise<void>;

const nodes: HttpNode[] = [];
after(async () => {
  for (const node of nodes) {
    const stopped = node.stop();
    node.kill();
    await stopped;
  }
});

/** A node whose agent is `run`, with one route: `app/x`. */
export async function startNode(
  run: Run,
  more: {
    readonly trigger?: Partial<Trigger>;
    readonly fn?: Partial<RouteInApp["fn"]>;
    readonly bodyMax?: number;
    readonly prewarm?: Agent["prewarm"];
    readonly clock?: Clock;
  } = {},
): Promise<{ readonly port: number; readonly node: HttpNode }> {
  const clock = more.clock ?? systemClock;
  const ids = createIds(clock, seededRandom(1));
  const times = { createdAtMs: 0, updatedAtMs: 0 };
  const trigger: Trigger = {
    id: "T",
    appId: "A",
    fnId: "F",
    name: "/x",
    type: "http",
    source: "/x",
    headers: {},
    ...times,
    ...more.trigger,
  };
  const route: RouteInApp = {
    app: { id: "A", name: "app", config: {}, ...times },
    fn: { ...FN_DEFAULTS, format: "http", id: "F", appId: "A", name: "/x", image: "i", ...times, ...more.fn },
    trigger,
  };
  const store = {
    changeCount: async () => 1,
    apps: { get: async (name: string) => (name === "app" ? route.app : undefined) },
    routes: {
      get: async (name: string, path: string) => (name === "app" && path === "/x" ? route : undefined),
    },
  };
  const node = new HttpNode({
    agent: { submit: run, prewarm: more.prewarm ?? (() => undefined) },
    // What an invocation uses of a store.
    store: store as unknown as Store,
    management: { handle: () => assert.fail("not a call"), close: async () => {} },
    metrics: new Metrics(() => NO_STATE),
    clock,
    ids,
    nodeName: "node-1",
    bodyBytesMax: more.bodyMax ?? 1000,
    host: "127.0.0.1",
    port: 0,
  });
  nodes.push(node);
  return { port: await node.start(), node };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly raw: readonly string[];
  readonly body: string;
}

export async function call(
  port: number,
  path: string,
  options: RequestOptions = {},
  body?: string,
): Promise<Answer> {
  const request = httpRequest({ port, host: "127.0.0.1", path, agent: false, ...options });
  request.end(body);
  const [response]: IncomingMessage[] = await once(request, "response");
  assert.ok(response);
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  const { statusCode: status = 0, headers, rawHeaders: raw } = response;
  return { status, headers, raw, body: Buffer.concat(parts).toString() };
}

/** An agent that answers with this. */
export function answering(
  status: number,
  headers: readonly (readonly [string, string])[],
  body: string,
): Run {
  return async ({ sink }) => {
    sink.started(205_588, { queue: 0.2, start: 40 });
    sink.head(status, headers, undefined);
    await sink.write(Buffer.from(body));
  };
}

/** Of an agent that does nothing, for the metrics. */
const NO_STATE = {
  waiting: 0,
  containers: { starting: 0, idle: 0, busy: 0 },
  memoryUsedMib: 0,
  memoryMib: 0,
  startsMax: 1,
  recordsDropped: 0,
};
