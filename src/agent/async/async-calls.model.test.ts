import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { FakeCall } from "../rig.suite.ts";
import { type AsyncRig, createAsyncRig, type Node, processOf } from "./async-rig.suite.ts";

/** Shorter than the longest calls. */
const LEASE_MS = 3000;

/** What a function does with a call: its body. */
type Behaviour = "answer" | "fail" | "fail at first" | "hold";

type Step =
  | { readonly kind: "enqueue"; readonly behaviour: Behaviour; readonly delayMs: number }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "node starts" }
  | { readonly kind: "node vanishes" | "node stops" | "cancel"; readonly index: number }
  | { readonly kind: "store goes away" | "store comes back" };

const index = fc.nat({ max: 20 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("enqueue" as const),
      behaviour: fc.constantFrom<Behaviour>("answer", "fail", "fail at first", "hold"),
      delayMs: fc.constantFrom(0, 0, 700),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.constantFrom(1, 400, 15_000) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "node starts" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("node vanishes" as const), index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("node stops" as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), index }) },
  { weight: 1, arbitrary: fc.constant({ kind: "store goes away" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "store comes back" as const }) },
);

/** Nodes that come and go around one queue. */
class World {
  readonly rig: AsyncRig;
  readonly #nodes: { readonly node: Node; readonly vanish: () => void }[] = [];
  readonly #stopped: Promise<void>[] = [];
  readonly accepted: string[] = [];
  readonly cancelled = new Set<string>();
  /** How often a function began with a call. */
  readonly runs = new Map<string, number>();
  /** Why a call may have been run once more: it was leased when its node vanished or the store went away. */
  readonly excuses = new Map<string, number>();

  constructor() {
    this.rig = createAsyncRig((call) => this.#play(call), { timeoutS: 5, retries: 1, retryDelayS: 1 });
  }

  async take(step: Step): Promise<void> {
    const { queue } = this.rig;
    switch (step.kind) {
      case "enqueue":
        // A call that the store does not take was not accepted.
        if (!queue.isDown) this.#enqueue(step.behaviour, step.delayMs);
        break;
      case "time":
        await this.rig.pass(step.ms);
        break;
      case "node starts":
        this.#start();
        break;
      case "node vanishes":
        this.#excuse();
        this.#takeNode(step.index)?.vanish();
        break;
      case "node stops": {
        const stopped = this.#takeNode(step.index)?.node.calls.stop(1000);
        if (stopped) this.#stopped.push(stopped);
        break;
      }
      case "cancel":
        await this.#cancel(this.accepted[step.index % Math.max(this.accepted.length, 1)]);
        break;
      case "store goes away":
        this.#excuse();
        queue.isDown = true;
        break;
      case "store comes back":
        queue.isDown = false;
    }
  }

  /** All is well again, for as long as it takes. */
  async heal(): Promise<void> {
    this.rig.queue.isDown = false;
    this.#start();
    await this.rig.pass(120_000);
    await Promise.all(this.#stopped);
  }

  #start(): void {
    const { queue, vanish } = processOf(this.rig.queue);
    this.#nodes.push({ node: this.rig.node({ async: { queue, leaseMs: LEASE_MS } }), vanish });
  }

  #takeNode(index: number) {
    return this.#nodes.splice(index % Math.max(this.#nodes.length, 1), 1)[0];
  }

  #enqueue(behaviour: Behaviour, delayMs: number): void {
    const dueAtMs = this.rig.clock.nowMs() + delayMs;
    const body = Buffer.from(`${behaviour} #${this.accepted.length}`);
    this.accepted.push(this.rig.enqueue("", { dueAtMs, request: { body } }));
  }

  async #cancel(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    await this.rig.queue.cancel("shop", id).then(
      () => this.cancelled.add(id),
      () => {},
    );
  }

  #excuse(): void {
    for (const id of this.rig.queue.ids("leased")) count(this.excuses, id);
  }

  #play({ body, process, answer }: FakeCall): void {
    const [behaviour, number] = body.split(" #");
    const id = this.accepted[Number(number)] ?? "";
    count(this.runs, id);
    const isFirst = this.runs.get(id) === 1;
    if (behaviour === "answer" || (behaviour === "fail at first" && !isFirst)) answer("done");
    else if (behaviour !== "hold") process.exit({ code: 1 });
  }
}

describe("queued calls, under random interleavings of nodes that come, stop and vanish, a store that goes away, and time", () => {
  test("every accepted call ends once, and runs again only when it failed, or was lost with its node", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        const { rig, accepted, cancelled, runs, excuses } = world;
        for (const step of steps) await world.take(step);
        await world.heal();

        const ended = rig.queue.ends.map(({ record }) => record.call.id);
        assert.equal(new Set(ended).size, ended.length, "no call ends twice");
        const open = accepted.filter((id) => !ended.includes(id) && !cancelled.has(id));
        assert.deepEqual(open, [], "every call has ended");
        const { queued, running } = await rig.queue.counts();
        assert.deepEqual([queued, running], [0, 0]);
        for (const id of accepted) {
          const countedBacks = rig.queue.putBacks.filter(
            ({ callId, wasRun }) => callId === id && wasRun,
          ).length;
          const allowed = 1 + countedBacks + (excuses.get(id) ?? 0);
          assert.ok(
            (runs.get(id) ?? 0) <= allowed,
            `${id} ran ${runs.get(id)} times, and may ${allowed} times`,
          );
        }
      }),
      { numRuns: 100 },
    );
  });
});

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}
