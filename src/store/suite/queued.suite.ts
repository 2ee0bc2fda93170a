import type { Call } from "../../model/call.ts";
import type { Priority, QueuedCall, QueuedRequest, StoredAnswer } from "../../model/queued-call.ts";
import type { CallEnd, ClaimedCall, QueueStore } from "../store.ts";
import { sampleCall } from "./samples.suite.ts";

export const LEASE_MS = 60_000;

export const sampleRequest: QueuedRequest = {
  method: "POST",
  target: "/t/demo/hello?a=%20",
  host: "example.com",
  headers: [
    ["X-Twice", "1"],
    ["x-twice", "2"],
    ["Accept", '"\u00e4"'],
  ],
  body: Uint8Array.of(0, 255, 10, 128),
  triggerId: "trigger-1",
};

export const sampleAnswer: StoredAnswer = {
  status: 201,
  headers: [
    ["Content-Type", "text/plain"],
    ["Set-Cookie", "a"],
    ["Set-Cookie", "b"],
  ],
  body: Uint8Array.of(255, 0, 1),
  bodyBytes: 7,
};

interface Settings {
  readonly appName?: string;
  readonly fnId?: string;
  readonly priority?: Priority;
  /** When it is accepted, and how much later it is due. */
  readonly createdAtMs?: number;
  readonly delayMs?: number;
  readonly request?: Partial<QueuedRequest>;
}

/** A call of app `demo`, due at once. */
export function sampleQueued(id: string, settings: Settings = {}): QueuedCall {
  const { appName = "demo", fnId = "fn-1", priority = 1, createdAtMs = 0, delayMs = 0, request } = settings;
  return {
    call: queuedCall(id, { appName, fnId, createdAtMs }),
    request: { ...sampleRequest, ...request },
    priority,
    dueAtMs: createdAtMs + delayMs,
  };
}

export function queuedCall(id: string, more: Partial<Call> = {}): Call {
  const times = { startedAtMs: undefined, completedAtMs: undefined, timeline: {} };
  return sampleCall(id, { status: "queued", ...times, attempts: 0, isDead: false, ...more });
}

/** How a call ends that went well, unless told. */
export function sampleEnd({ call }: Pick<ClaimedCall, "call">, more: Partial<Call> = {}): CallEnd {
  return {
    record: {
      call: { ...call, status: "success", startedAtMs: 5, completedAtMs: 6, ...more },
      log: "a line",
    },
    answer: sampleAnswer,
    keepAnswerMs: 1000,
  };
}

/** Puts calls into the queue, one after the other. */
export async function enqueueAll(queue: QueueStore, calls: readonly QueuedCall[]): Promise<void> {
  for (const call of calls) await queue.enqueue(call);
}

/** Claims one call; fails when there is none. */
export async function claimOne(queue: QueueStore, holder = "node-1"): Promise<ClaimedCall> {
  const [claimed] = await queue.claim({ holder, limit: 1, leaseMs: LEASE_MS });
  if (!claimed) throw new Error("there is no call to claim");
  return claimed;
}

/** The ids of what is claimed, in order. */
export async function claimIds(queue: QueueStore, limit = 100, holder = "node-1"): Promise<string[]> {
  const claimed = await queue.claim({ holder, limit, leaseMs: LEASE_MS });
  return claimed.map(({ call }) => call.id);
}

/** Enqueues a call, has it fail for good, and gives it as it is then. */
export async function enqueueDead(queue: QueueStore, id: string): Promise<ClaimedCall> {
  await queue.enqueue(sampleQueued(id));
  const claimed = await claimOne(queue);
  await queue.finish("node-1", sampleEnd(claimed, { status: "error", error: "it failed", isDead: true }));
  return claimed;
}
