/** A queue in memory for tests: what the interface promises, and nothing of how. Apps do not take turns. */
import type { Clock } from "../../clock/clock.ts";
import type { Call } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import type { QueuedCall } from "../../model/queued-call.ts";
import type { CallEnd, Claim, ClaimedCall, QueueStore } from "../../store/store.ts";

interface Entry {
  readonly queued: QueuedCall;
  state: "waiting" | "leased" | "dead";
  /** Of a waiting one: when it is due. Of a leased one: when the lease ends. */
  atMs: number;
  holder: string;
  attempts: number;
  refusals: number;
}

/** What was told of a call when it went back. */
export type PutBack = Parameters<QueueStore["putBack"]>[2] & { readonly callId: string };

export class MemoryQueue implements QueueStore {
  /** While true, everything fails with `store_unavailable`. */
  isDown = false;
  /** How often each method was called. */
  readonly asked = { claim: 0, renew: 0, nextDueInMs: 0 };
  readonly ends: CallEnd[] = [];
  readonly putBacks: PutBack[] = [];
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The calls of a state, in order. */
  ids(state: Entry["state"]): string[] {
    return [...this.#entries].filter(([, entry]) => entry.state === state).map(([id]) => id);
  }

  async enqueue(queued: QueuedCall): Promise<string> {
    this.#check();
    const { call, dueAtMs } = queued;
    this.#entries.set(call.id, {
      queued,
      state: "waiting",
      atMs: dueAtMs,
      holder: "",
      attempts: 0,
      refusals: 0,
    });
    this.#tell();
    return call.id;
  }

  async claim({ holder, limit, leaseMs }: Claim): Promise<ClaimedCall[]> {
    this.asked.claim++;
    this.#check();
    const claimable = [...this.#entries.values()]
      .filter(({ state, atMs }) => state !== "dead" && atMs <= this.#clock.nowMs())
      .sort((a, b) => b.queued.priority - a.queued.priority || a.atMs - b.atMs)
      .slice(0, limit);
    return claimable.map((entry) => {
      entry.state = "leased";
      entry.holder = holder;
      entry.atMs = this.#clock.nowMs() + leaseMs;
      entry.attempts++;
      const { attempts, refusals } = entry;
      return { ...entry.queued, call: { ...entry.queued.call, status: "running" }, attempts, refusals };
    });
  }

  async renew(holder: string, callIds: readonly string[], leaseMs: number): Promise<string[]> {
    this.asked.renew++;
    this.#check();
    return callIds.filter((callId) => {
      const entry = this.#leased(holder, callId);
      if (entry) entry.atMs = this.#clock.nowMs() + leaseMs;
      return entry !== undefined;
    });
  }

  async finish(holder: string, end: CallEnd): Promise<boolean> {
    this.#check();
    const { id, isDead } = end.record.call;
    const entry = this.#leased(holder, id);
    if (!entry) return false;
    this.ends.push(end);
    if (isDead) entry.state = "dead";
    else this.#entries.delete(id);
    return true;
  }

  async putBack(
    holder: string,
    callId: string,
    back: Parameters<QueueStore["putBack"]>[2],
  ): Promise<boolean> {
    this.#check();
    const entry = this.#leased(holder, callId);
    if (!entry) return false;
    this.putBacks.push({ callId, ...back });
    entry.state = "waiting";
    entry.holder = "";
    entry.atMs = this.#clock.nowMs() + back.delayMs;
    entry.refusals = back.wasRun ? 0 : entry.refusals + 1;
    if (!back.wasRun) entry.attempts--;
    return true;
  }

  async cancel(_appName: string, callId: string): Promise<Call> {
    this.#check();
    const entry = this.#entries.get(callId);
    if (!entry) throw new FnError("call_not_found");
    this.#entries.delete(callId);
    return { ...entry.queued.call, status: "cancelled" };
  }

  async redrive(_appName: string, callId: string): Promise<Call> {
    this.#check();
    const entry = this.#entries.get(callId);
    if (entry?.state !== "dead") throw new FnError("call_not_dead");
    Object.assign(entry, { state: "waiting", atMs: this.#clock.nowMs(), attempts: 0, refusals: 0 });
    this.#tell();
    return entry.queued.call;
  }

  async nextDueInMs(): Promise<number | undefined> {
    this.asked.nextDueInMs++;
    this.#check();
    const times = [...this.#entries.values()].filter(({ state }) => state !== "dead").map(({ atMs }) => atMs);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - this.#clock.nowMs());
  }

  async counts() {
    const [queued, running, dead] = (["waiting", "leased", "dead"] as const).map(
      (each) => this.ids(each).length,
    );
    return { queued: queued ?? 0, running: running ?? 0, dead: dead ?? 0 };
  }

  onEnqueued(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #leased(holder: string, callId: string): Entry | undefined {
    const entry = this.#entries.get(callId);
    return entry?.state === "leased" && entry.holder === holder ? entry : undefined;
  }

  #check(): void {
    if (this.isDown) throw new FnError("store_unavailable");
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
