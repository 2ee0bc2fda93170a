import assert from "node:assert/strict";
import type { Priority } from "../../model/queued-call.ts";
import type { Claim, ClaimedCall } from "../store.ts";

interface ModelCall {
  readonly id: string;
  readonly appName: string;
  readonly priority: Priority;
  state: "waiting" | "leased" | "dead" | "ended";
  status: string;
  attempts: number;
  refusals: number;
  dueAtMs: number;
  holder: string;
  leaseEndsAtMs: number;
  claimed: ClaimedCall | undefined;
}

interface Enqueued extends Pick<ModelCall, "id" | "appName" | "priority"> {
  readonly delayMs: number;
  readonly key: string | undefined;
  readonly keepMs: number;
}

/** What a queue is, without a database: it is told the same, and says what has to come of it. */
export class ModelQueue {
  #nowMs = 0;
  readonly #calls = new Map<string, ModelCall>();
  readonly #keys = new Map<string, { readonly id: string; readonly expiresAtMs: number }>();

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  ids(): string[] {
    return [...this.#calls.keys()];
  }

  idsOf(state: ModelCall["state"]): string[] {
    return this.ids().filter((id) => this.#call(id).state === state);
  }

  /** One of those that were ever accepted; an unknown one while there is none. */
  pick(which: number): string {
    return this.ids()[which % Math.max(this.#calls.size, 1)] ?? "unknown";
  }

  appOf(id: string): string {
    return this.#calls.get(id)?.appName ?? "a";
  }

  claimedOf(id: string): ClaimedCall | undefined {
    return this.#calls.get(id)?.claimed;
  }

  /** What its record says. */
  shown(id: string): { readonly status: string; readonly attempts: number; readonly isDead: boolean } {
    const { status, attempts, state } = this.#call(id);
    return { status, attempts, isDead: state === "dead" };
  }

  enqueue({ delayMs, key, keepMs, ...call }: Enqueued): string {
    if (key !== undefined) {
      const full = `${call.appName} ${key}`;
      const known = this.#keys.get(full);
      if (known && known.expiresAtMs > this.#nowMs) return known.id;
      this.#keys.set(full, { id: call.id, expiresAtMs: this.#nowMs + keepMs });
    }
    this.#calls.set(call.id, {
      ...call,
      state: "waiting",
      status: "queued",
      attempts: 0,
      refusals: 0,
      dueAtMs: this.#nowMs + delayMs,
      holder: "",
      leaseEndsAtMs: 0,
      claimed: undefined,
    });
    return call.id;
  }

  /** What can be claimed now, in the order within its app. */
  due(): ModelCall[] {
    return [...this.#calls.values()]
      .filter(
        ({ state, dueAtMs, leaseEndsAtMs }) =>
          (state === "waiting" && dueAtMs <= this.#nowMs) ||
          (state === "leased" && leaseEndsAtMs <= this.#nowMs),
      )
      .sort((a, b) => b.priority - a.priority || a.dueAtMs - b.dueAtMs || (a.id < b.id ? -1 : 1));
  }

  /** Of each app those that go first, and from no app two more than from one that has some left. */
  checkOrder(limit: number, claimed: readonly ClaimedCall[]): void {
    const due = Map.groupBy(this.due(), ({ appName }) => appName);
    const taken = Map.groupBy(claimed, ({ call }) => call.appName);
    const ids = (appName: string) => taken.get(appName)?.map(({ call }) => call.id) ?? [];
    for (const [appName, calls] of due) {
      const first = calls.slice(0, ids(appName).length);
      assert.deepEqual(
        ids(appName),
        first.map(({ id }) => id),
      );
    }
    const most = Math.max(0, ...[...due.keys()].map((appName) => ids(appName).length));
    for (const [appName, calls] of due) {
      const count = ids(appName).length;
      assert.ok(
        count === calls.length || count >= most - 1,
        `${appName} has had ${count} turns of ${limit}, not ${most}`,
      );
    }
  }

  take({ holder, leaseMs }: Claim, claimed: readonly ClaimedCall[]): void {
    const due = new Set(this.due().map(({ id }) => id));
    this.#endLeases();
    for (const each of claimed) {
      const { id } = each.call;
      assert.ok(due.has(id), `${id} was not to be claimed`);
      const call = this.#call(id);
      const leaseEndsAtMs = this.#nowMs + leaseMs;
      Object.assign(call, { state: "leased", status: "running", holder, leaseEndsAtMs, claimed: each });
      call.attempts++;
      assert.deepEqual([each.attempts, each.refusals], [call.attempts, call.refusals]);
    }
  }

  renew(holder: string, leaseMs: number): string[] {
    const held = this.ids().filter((id) => this.#isHeld(holder, id));
    for (const id of held) this.#call(id).leaseEndsAtMs = this.#nowMs + leaseMs;
    return held;
  }

  finish(holder: string, id: string, how: string): boolean {
    if (!this.#isHeld(holder, id)) return false;
    const end = how === "dead" ? { state: "dead", status: "error" } : { state: "ended", status: how };
    Object.assign(this.#call(id), end);
    return true;
  }

  putBack(
    holder: string,
    id: string,
    { delayMs, wasRun }: { readonly delayMs: number; readonly wasRun: boolean },
  ): boolean {
    if (!this.#isHeld(holder, id)) return false;
    const call = this.#call(id);
    Object.assign(call, { state: "waiting", status: "queued", dueAtMs: this.#nowMs + delayMs });
    if (!wasRun) call.attempts--;
    call.refusals = wasRun ? 0 : call.refusals + 1;
    return true;
  }

  cancel(id: string): string {
    const call = this.#calls.get(id);
    if (!call) return "call_not_found";
    if (call.state === "ended") return "call_ended";
    Object.assign(call, { state: "ended", status: "cancelled" });
    return "done";
  }

  redrive(id: string): string {
    const call = this.#calls.get(id);
    if (!call) return "call_not_found";
    if (call.state !== "dead") return "call_not_dead";
    Object.assign(call, {
      state: "waiting",
      status: "queued",
      dueAtMs: this.#nowMs,
      attempts: 0,
      refusals: 0,
    });
    return "done";
  }

  /** With any claim: whose lease has ended by then has lost it. */
  #endLeases(): void {
    for (const call of this.#calls.values()) {
      if (call.state !== "leased" || call.leaseEndsAtMs > this.#nowMs) continue;
      Object.assign(call, { state: "waiting", status: "queued" });
    }
  }

  #isHeld(holder: string, id: string): boolean {
    const call = this.#calls.get(id);
    return call?.state === "leased" && call.holder === holder;
  }

  #call(id: string): ModelCall {
    const call = this.#calls.get(id);
    assert.ok(call, `${id} was never accepted`);
    return call;
  }
}
