import assert from "node:assert/strict";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import pino from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { createIds, type Ids } from "../../clock/ids.ts";
import { seededRandom } from "../../clock/random.ts";
import type { Call } from "../../model/call.ts";
import type { QueuedCall, StoredAnswer } from "../../model/queued-call.ts";
import type { Secrets } from "../../model/secrets.ts";
import { openStore } from "../../store/open-store.ts";
import type { Store } from "../../store/store.ts";
import { Access } from "../auth/access.ts";
import { createManagement, type Management, type ManagementOptions } from "../management.ts";

/** The management API behind a real http server on a store in memory, for the length of one test. */
export interface Rig {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly ids: Ids;
  /** Lines that were logged. */
  readonly logged: string[];
  readonly server: Server;
  readonly management: Management;
  /** As a node that goes down. */
  close(): Promise<void>;
  /** Sends the target as it stands. A body that is no text or bytes is sent as JSON. */
  send(method: string, target: string, body?: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** The text as JSON; empty when it is none. */
  readonly body: AnswerBody;
}

interface AnswerBody {
  readonly message?: string;
  readonly call_id?: string;
  readonly log?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string; readonly code: string; readonly fields?: string };
  readonly next_cursor?: string;
  readonly app?: Readonly<Record<string, unknown>>;
  readonly apps?: readonly { readonly name: string }[];
  readonly route?: Readonly<Record<string, unknown>>;
  readonly routes?: readonly { readonly path: string }[];
  readonly call?: Readonly<Record<string, unknown>>;
  readonly calls?: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
}

/** Nothing is hidden, but what went through here can be told. */
export function sealForTests(plain: Readonly<Record<string, string>>): Secrets {
  return Object.fromEntries(Object.entries(plain).map(([name, text]) => [name, `sealed ${text}`]));
}

/** Who tells when it is over: a test, or all tests of a file. */
export interface Lifetime {
  after(close: () => Promise<void>): void;
}

export async function openRig(context: Lifetime, options: Partial<ManagementOptions> = {}): Promise<Rig> {
  const clock = new FakeClock();
  const store = await openStore("sqlite3://:memory:", clock);
  const ids = createIds(clock, seededRandom(1));
  const logged: string[] = [];
  const management = await createManagement({
    store,
    clock,
    ids,
    random: seededRandom(2),
    log: pino({}, { write: (line) => logged.push(line) }),
    flushCalls: async () => {},
    imageSettings: async () => ({}),
    sealSecrets: sealForTests,
    access: new Access({
      store,
      // Its own, so that the only alarms of the test's clock are those that the test is about.
      clock: new FakeClock(),
      host: "127.0.0.1",
      isOpen: true,
      rootToken: undefined,
      callsNeedToken: false,
    }),
    randomBytes: (size) => Buffer.alloc(size),
    fnCounts: () => [],
    nodeInfo: { name: "node", type: "full", driver: "process" },
    version: { api: "0.3.306", hotfn: "0.1.0" },
    ...options,
  });
  const server = createServer((request, response) => management.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on TCP, so the address is one of TCP.
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await management.close();
  };
  context.after(async () => {
    await close();
    await store.close();
  });
  return {
    store,
    clock,
    ids,
    logged,
    server,
    management,
    close,
    send: (...request) => sendTo(port, ...request),
  };
}

export async function sendTo(
  port: number,
  ...[method, target, body, headers]: Parameters<Rig["send"]>
): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", method, path: target, headers, agent: false });
    request.on("response", resolve).on("error", reject);
    request.end(
      body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    );
  });
  const answer = await text(response);
  // A function's answer may be called JSON and be none.
  const isJson = response.headers["content-type"]?.startsWith("application/json") && answer.startsWith("{");
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: answer,
    body: isJson ? JSON.parse(answer) : {},
  };
}

/** Stores the route `demo/hello` and calls of it: one a second from 10:00:00, with the ids given. */
export async function seedCalls(
  { send, store }: Pick<Rig, "send" | "store">,
  ids: readonly string[],
  more: Partial<Call> = {},
  log = "",
): Promise<void> {
  await send("POST", "/v1/apps/demo/routes", { route: { path: "/hello", image: "hello" } });
  const route = await store.routes.get("demo", "/hello");
  assert.ok(route);
  const firstMs = Date.parse("2018-01-22T10:00:00Z");
  const records = ids.map((id, index) => {
    const createdAtMs = firstMs + index * 1000;
    const call: Call = {
      id,
      appId: route.app.id,
      appName: "demo",
      fnId: route.fn.id,
      path: "/hello",
      status: "success",
      error: undefined,
      createdAtMs,
      startedAtMs: createdAtMs + 5,
      completedAtMs: createdAtMs + 12,
      timeline: { queue: 5, run: 7 },
      ...more,
    };
    return { call, log };
  });
  await store.calls.insert(records);
}

/** Queues a call of the route `demo/hello`, which is made if need be; gives its id. */
export async function seedQueued(
  { send, store, clock, ids }: Rig,
  more: Partial<QueuedCall> = {},
): Promise<string> {
  const made = { route: { path: "/hello", image: "hello", type: "async" } };
  const isThere = (await store.routes.get("demo", "/hello")) !== undefined;
  if (!isThere) await send("POST", "/v1/apps/demo/routes", made);
  const route = await store.routes.get("demo", "/hello");
  assert.ok(route);
  const nowMs = clock.nowMs();
  const call: Call = {
    id: ids.next(),
    appId: route.app.id,
    appName: "demo",
    fnId: route.fn.id,
    path: "/hello",
    status: "queued",
    error: undefined,
    createdAtMs: nowMs,
    startedAtMs: undefined,
    completedAtMs: undefined,
    timeline: {},
    attempts: 0,
  };
  const request = {
    method: "POST",
    target: "/r/demo/hello?q=1",
    host: "fn.example.com",
    headers: [
      ["X-A", "1"],
      ["X-A", "2"],
    ] as const,
    body: Buffer.from("hello"),
    triggerId: route.trigger.id,
  };
  return store.queue.enqueue({ call, request, priority: 0, dueAtMs: nowMs, ...more });
}

/** Takes the next queued call and ends it, with the answer of its function if it has one. */
export async function endQueued(
  { store, clock }: Rig,
  end: Partial<Call> = {},
  answer?: StoredAnswer,
): Promise<void> {
  const [claimed] = await store.queue.claim({ holder: "test", limit: 1, leaseMs: 1000 });
  assert.ok(claimed);
  const times = { startedAtMs: clock.nowMs(), completedAtMs: clock.nowMs() };
  const call: Call = { ...claimed.call, ...times, status: "success", attempts: claimed.attempts, ...end };
  const isStored = await store.queue.finish("test", {
    record: { call, log: "" },
    ...(answer ? { answer } : {}),
    keepAnswerMs: 1000,
  });
  assert.ok(isStored);
}
