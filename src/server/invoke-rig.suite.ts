/** A node over real HTTP whose agent is a script, for tests of invocation. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { after } from "node:test";
import { type Logger, pino } from "pino";
import type { Agent, Submission } from "../agent/agent.ts";
import { type CalledChange, calledFn } from "../agent/called.suite.ts";
import { type Clock, systemClock } from "../clock/clock.ts";
import { createIds } from "../clock/ids.ts";
import { seededRandom } from "../clock/random.ts";
import type { QueuedCall } from "../model/queued-call.ts";
import type { IdempotencyKey, RouteInApp, Store } from "../store/store.ts";
import type { CorsSettings } from "./cors.ts";
import { FnCache } from "./fn-cache.ts";
import type { Management } from "./management.ts";
import { Metrics, NO_AGENT } from "./metrics.ts";
import { HttpNode, type NodeOptions, type NodeType } from "./node.ts";

export type Run = (submission: Submission) => Promise<void>;

const nodes: HttpNode[] = [];
after(async () => {
  for (const node of nodes) {
    const stopped = node.stop();
    node.kill();
    await stopped;
  }
});

export interface RigOptions extends CalledChange {
  readonly bodyMax?: number;
  readonly asyncBodyMax?: number;
  readonly prewarm?: Agent["prewarm"];
  readonly clock?: Clock;
  readonly metrics?: Metrics;
  readonly type?: NodeType;
  readonly log?: Logger;
  readonly manage?: Management["handle"];
  readonly authorize?: NodeOptions["access"]["authorizeCall"];
  readonly access?: NodeOptions["access"];
  readonly cors?: CorsSettings;
  /** Called before each question to the store; what it throws, the store does. */
  readonly beforeQuery?: () => Promise<void>;
}

export interface InvokeRig {
  readonly port: number;
  readonly node: HttpNode;
  /** What was queued, in order. */
  readonly queued: readonly { readonly call: QueuedCall; readonly idempotency: IdempotencyKey | undefined }[];
}

/** A node whose agent is `run`, with one function: route `/x` of `app`, or fn `F`. */
export async function startNode(run: Run, options: RigOptions = {}): Promise<InvokeRig> {
  const { type = "full", clock = systemClock, authorize = () => {} } = options;
  const route = calledFn("x", {
    app: { name: "app", ...options.app },
    fn: { id: "F", format: "http", ...options.fn },
    trigger: { id: "T", fnId: "F", ...options.trigger },
  });
  const queued: InvokeRig["queued"][number][] = [];
  const store = storeOf(route, queued, options.beforeQuery);
  const common = {
    store,
    fns: new FnCache(store, clock),
    management: { handle: options.manage ?? ((_, response) => void response.end()), drain() {} },
    metrics: options.metrics ?? new Metrics(() => NO_AGENT),
    clock,
    log: options.log ?? pino({ level: "silent" }),
    ids: createIds(clock, seededRandom(1)),
    nodeName: "node-1",
    bodyBytesMax: options.bodyMax ?? 1000,
    asyncBodyBytesMax: options.asyncBodyMax ?? 1000,
    host: "127.0.0.1",
    port: 0,
    access: options.access ?? { authorize: async () => {}, authorizeCall: authorize },
    ...(options.cors && { cors: options.cors }),
  };
  const agent = { submit: run, prewarm: options.prewarm ?? (() => undefined) };
  const node = new HttpNode(type === "api" ? { ...common, type } : { ...common, type, agent });
  nodes.push(node);
  return { port: await node.start(), node, queued };
}

/** What an invocation uses of a store, over one route. */
function storeOf(
  route: RouteInApp,
  queued: InvokeRig["queued"][number][],
  beforeQuery: () => Promise<void> = async () => {},
): Store {
  const { app, fn, trigger } = route;
  const asked = async <T>(answer: T): Promise<T> => {
    await beforeQuery();
    return answer;
  };
  const isIt = (appName: string, path: string) => appName === app.name && path === trigger.source;
  const store = {
    changeCount: () => asked(1),
    apps: { get: ({ name }: { name: string }) => asked(name === app.name ? app : undefined) },
    routes: {
      get: (appName: string, path: string) => asked(isIt(appName, path) ? route : undefined),
    },
    fns: { get: (id: string) => asked(id === fn.id ? { app, fn } : undefined) },
    queue: {
      async enqueue(call: QueuedCall, idempotency?: IdempotencyKey): Promise<string> {
        await beforeQuery();
        const known = idempotency && queued.find((each) => each.idempotency?.key === idempotency.key);
        if (known) return known.call.call.id;
        queued.push({ call, idempotency });
        return call.call.id;
      },
    },
  };
  // Nothing else of a store is asked for.
  return store as unknown as Store;
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
