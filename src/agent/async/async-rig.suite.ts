/** Nodes that run queued calls, for tests: functions are scripts in memory, time is a fake clock. */
import assert from "node:assert/strict";
import { pino } from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { createIds } from "../../clock/ids.ts";
import { type Random, seededRandom } from "../../clock/random.ts";
import type { FakeScript } from "../../driver/fake/driver.ts";
import type { FnSettings } from "../../model/fn.ts";
import type { QueuedCall, QueuedRequest } from "../../model/queued-call.ts";
import type { CallEnd, ClaimedCall, FnInApp, QueueStore } from "../../store/store.ts";
import type { AgentOptions } from "../agent.ts";
import { calledFn } from "../called.suite.ts";
import type { AsyncObserver, PutBackReason } from "../observer.ts";
import { createRig, type FakeCall, type Rig, rest } from "../rig.suite.ts";
import { AsyncCalls, type AsyncCallsOptions } from "./async-calls.ts";
import { MemoryQueue } from "./memory-queue.suite.ts";

export interface AsyncRig {
  readonly clock: FakeClock;
  readonly queue: MemoryQueue;
  /** The functions there are, by id. A call of another one finds none. */
  readonly fns: Map<string, FnInApp>;
  /** Lets time pass, and whatever happens meanwhile come to rest. */
  pass(ms: number): Promise<void>;
  /** A node of its own, which has begun to claim. */
  node(options?: NodeOptions): Node;
  /** Puts a call of function `f` into the queue. Returns its id. */
  enqueue(
    body?: string,
    more?: Partial<Omit<QueuedCall, "request">> & { readonly request?: Partial<QueuedRequest> },
  ): string;
}

export interface NodeOptions {
  readonly agent?: Partial<AgentOptions>;
  readonly script?: Partial<FakeScript>;
  readonly async?: Partial<AsyncCallsOptions>;
}

export interface Node extends Rig {
  readonly calls: AsyncCalls;
  readonly observed: Observed;
}

/** So long at a time: what comes of an alarm takes some turns of the event loop, in which no time passes. */
const STEP_MS = 500;

/** `run` plays function `f`, whose settings these are. */
export function createAsyncRig(run: (call: FakeCall) => void, settings: Partial<FnSettings> = {}): AsyncRig {
  const clock = new FakeClock();
  const queue = new MemoryQueue(clock);
  const fns = new Map<string, FnInApp>([["f", withoutTrigger(calledFn("f", { fn: settings }))]]);
  let nodes = 0;
  let calls = 0;
  return {
    clock,
    queue,
    fns,
    async pass(ms) {
      await rest({ clock });
      for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
        await clock.advance(Math.min(leftMs, STEP_MS));
        await rest({ clock });
      }
    },
    node(options = {}) {
      const rig = createRig(run, { agent: options.agent, script: options.script, clock });
      const observed = new Observed();
      const calls = new AsyncCalls({
        agent: rig.agent,
        queue,
        fnOf: async (fnId) => fns.get(fnId),
        clock,
        random: always(0.5),
        ids: createIds(clock, seededRandom(++nodes)),
        log: pino({ level: "silent" }),
        observer: observed,
        ...options.async,
      });
      calls.start();
      return { ...rig, calls, observed };
    },
    enqueue(body = "", { request, ...more } = {}) {
      const id = `call-${++calls}`;
      void queue.enqueue(queuedCall(id, clock.nowMs(), { body: Buffer.from(body), ...request }, more));
      return id;
    },
  };
}

/** A call of function `f` by its path. */
export function queuedCall(
  id: string,
  nowMs: number,
  request: Partial<QueuedRequest> = {},
  more: Partial<QueuedCall> = {},
): QueuedCall {
  return {
    call: {
      id,
      appId: "A",
      appName: "shop",
      fnId: "f",
      path: "/by/this/path",
      status: "queued",
      error: undefined,
      createdAtMs: nowMs,
      startedAtMs: undefined,
      completedAtMs: undefined,
      timeline: {},
    },
    request: {
      method: "POST",
      target: "/r/shop/f",
      host: "h",
      headers: [],
      body: new Uint8Array(),
      triggerId: "T-f",
      ...request,
    },
    priority: 0,
    dueAtMs: nowMs,
    ...more,
  };
}

/** What an observer was told. */
export class Observed implements AsyncObserver {
  claimed = 0;
  ended = 0;
  dead = 0;
  lost = 0;
  readonly putBack: PutBackReason[] = [];

  asyncClaimed(count: number): void {
    this.claimed += count;
  }

  asyncEnded(isDead: boolean): void {
    this.ended++;
    if (isDead) this.dead++;
  }

  asyncPutBack(reason: PutBackReason): void {
    this.putBack.push(reason);
  }

  asyncLost(): void {
    this.lost++;
  }
}

/** A queue as one process sees it; once that is gone, nothing reaches it and nothing comes back. */
export function processOf(queue: QueueStore): { readonly queue: QueueStore; vanish(): void } {
  let isGone = false;
  const alive = <T>(ask: () => Promise<T>): Promise<T> => {
    if (isGone) return new Promise(() => {});
    return ask().then((answer) => (isGone ? new Promise<never>(() => {}) : answer));
  };
  return {
    queue: {
      enqueue: (call, key) => alive(() => queue.enqueue(call, key)),
      claim: (claim): Promise<ClaimedCall[]> => alive(() => queue.claim(claim)),
      renew: (holder, ids, leaseMs) => alive(() => queue.renew(holder, ids, leaseMs)),
      finish: (holder, end) => alive(() => queue.finish(holder, end)),
      putBack: (holder, id, back) => alive(() => queue.putBack(holder, id, back)),
      cancel: (app, id) => alive(() => queue.cancel(app, id)),
      redrive: (app, id) => alive(() => queue.redrive(app, id)),
      nextDueInMs: () => alive(() => queue.nextDueInMs()),
      counts: () => alive(() => queue.counts()),
      onEnqueued: (listener) => queue.onEnqueued(listener),
    },
    vanish() {
      isGone = true;
    },
  };
}

/** The end of the only call that has ended. */
export function onlyEnd({ ends }: MemoryQueue): CallEnd {
  const [end] = ends;
  assert.ok(end);
  assert.equal(ends.length, 1);
  return end;
}

/** The same number each time. */
export function always(value: number): Random {
  return { next: () => value };
}

function withoutTrigger({ app, fn }: FnInApp): FnInApp {
  return { app, fn };
}
