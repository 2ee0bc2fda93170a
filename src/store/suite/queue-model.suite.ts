import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FnError } from "../../model/errors.ts";
import { PRIORITIES } from "../../model/queued-call.ts";
import { ModelQueue } from "./model-queue.suite.ts";
import { sampleEnd, sampleQueued } from "./queued.suite.ts";
import type { OpenTimed, TimedStore } from "./timed-store.suite.ts";

const STEPS_MAX = 40;

/**
 * Time between two steps. Delays and leases are far from being multiples of it, so that what takes a moment on a real
 * clock changes no order.
 */
const STEP_MS = 100_000;
const DELAYS_MS = [0, 30_000, 260_000];
const LEASES_MS = [140_000, 330_000];
const KEEP_KEY_MS = 730_000;

const KEYS = ["first", "second"];
const HOLDERS = ["node-1", "node-2"];
const APPS = ["a", "b", "c"];

/** Any interleaving of what happens to a queue. */
export function queueModelSuite(open: OpenTimed, { runs = 20 } = {}): void {
  test("whatever happens in whatever order, no call is lost, none is held by two, each ends once, a key is taken once", async (t) => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: STEPS_MAX, size: "max" }),
      async (steps) => {
        const world = new World(await open(t));
        for (const each of steps) await world.perform(each);
        await world.end();
      },
    );
    await fc.assert(property, { numRuns: runs });
  });
}

const holder = fc.constantFrom(...HOLDERS);
const which = fc.nat();
const limit = fc.integer({ min: 1, max: 6 });
const leaseMs = fc.constantFrom(...LEASES_MS);
const delayMs = fc.constantFrom(...DELAYS_MS);

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("enqueue" as const),
      appName: fc.constantFrom(...APPS),
      priority: fc.constantFrom(...PRIORITIES),
      delayMs,
      key: fc.option(fc.constantFrom(...KEYS), { nil: undefined }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("claim" as const), holder, limit, leaseMs }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("claim at once" as const), limit, leaseMs }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("renew" as const), holder, leaseMs }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("finish" as const),
      holder,
      which,
      how: fc.constantFrom("success", "error", "dead"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("put back" as const),
      holder,
      which,
      delayMs,
      wasRun: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("redrive" as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("silence" as const), steps: fc.integer({ min: 1, max: 4 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A queue and its model, which are told the same. */
class World {
  readonly #store: TimedStore;
  readonly #model = new ModelQueue();
  #serial = 0;

  constructor(store: TimedStore) {
    this.#store = store;
  }

  async perform(step: Step): Promise<void> {
    await this.#pass(step.kind === "silence" ? step.steps : 1);
    const { queue } = this.#store.store;
    const model = this.#model;
    switch (step.kind) {
      case "enqueue":
        return this.#enqueue(step);
      case "claim": {
        const claimed = await queue.claim(step);
        model.checkOrder(step.limit, claimed);
        assert.equal(claimed.length, Math.min(step.limit, model.due().length));
        model.take(step, claimed);
        return;
      }
      case "claim at once": {
        const claims = HOLDERS.map((holder) => ({ ...step, holder }));
        const claimed = await Promise.all(
          claims.map(async (claim) => ({ claim, calls: await queue.claim(claim) })),
        );
        for (const { claim, calls } of claimed) model.take(claim, calls);
        return;
      }
      case "renew": {
        const held = await queue.renew(step.holder, model.ids(), step.leaseMs);
        assert.deepEqual(held.toSorted(), model.renew(step.holder, step.leaseMs).toSorted());
        return;
      }
      case "finish":
        return this.#finish(step);
      case "put back": {
        const id = model.pick(step.which);
        const back = { delayMs: step.delayMs, wasRun: step.wasRun, error: "it failed" };
        assert.equal(await queue.putBack(step.holder, id, back), model.putBack(step.holder, id, back));
        return;
      }
      case "cancel":
      case "redrive": {
        const id = model.pick(step.which);
        const appName = model.appOf(id);
        const outcome = await codeOf(queue[step.kind](appName, id));
        assert.equal(outcome, model[step.kind](id));
      }
    }
  }

  /** Everything is as the model says, and what is left can still be run to its end. */
  async end(): Promise<void> {
    const { calls, queue } = this.#store.store;
    await this.#check();
    // Longer than any delay and lease.
    await this.#pass(10);
    const left = this.#model.due().length;
    const claimed = await queue.claim({ holder: "last", limit: 1000, leaseMs: STEP_MS });
    assert.equal(claimed.length, left);
    for (const each of claimed) assert.equal(await queue.finish("last", sampleEnd(each)), true);
    for (const id of this.#model.idsOf("dead")) await queue.cancel(this.#model.appOf(id), id);
    assert.deepEqual(await queue.counts(), { queued: 0, running: 0, dead: 0 });
    for (const id of this.#model.ids()) {
      const call = await calls.get(this.#model.appOf(id), id);
      assert.ok(call?.completedAtMs !== undefined, `${id} has not ended`);
    }
  }

  async #check(): Promise<void> {
    const { calls, queue } = this.#store.store;
    const model = this.#model;
    const counts = await queue.counts();
    assert.equal(counts.dead, model.idsOf("dead").length);
    assert.equal(
      counts.queued + counts.running,
      model.idsOf("waiting").length + model.idsOf("leased").length,
    );
    for (const id of model.ids()) {
      const { status, attempts, isDead } = (await calls.get(model.appOf(id), id)) ?? {};
      assert.deepEqual({ id, status, attempts, isDead }, { id, ...model.shown(id) });
    }
  }

  async #enqueue({ appName, priority, delayMs, key }: Extract<Step, { kind: "enqueue" }>): Promise<void> {
    const createdAtMs = this.#store.nowMs();
    const id = String(++this.#serial).padStart(3, "0");
    const fnId = `fn-of-${appName}`;
    const queued = sampleQueued(id, { appName, fnId, priority, createdAtMs, delayMs });
    const idempotency = key === undefined ? undefined : { key, keepMs: KEEP_KEY_MS };
    const given = await this.#store.store.queue.enqueue(queued, idempotency);
    assert.equal(given, this.#model.enqueue({ id, appName, priority, delayMs, key, keepMs: KEEP_KEY_MS }));
  }

  async #finish({ holder, which, how }: Extract<Step, { kind: "finish" }>): Promise<void> {
    const id = this.#model.pick(which);
    const end = how === "dead" ? ({ status: "error", isDead: true } as const) : { status: how };
    const claimed = this.#model.claimedOf(id);
    if (!claimed) return;
    const isTaken = await this.#store.store.queue.finish(holder, sampleEnd(claimed, end));
    assert.equal(isTaken, this.#model.finish(holder, id, how));
  }

  async #pass(steps: number): Promise<void> {
    await this.#store.pass(steps * STEP_MS);
    this.#model.pass(steps * STEP_MS);
  }
}

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome;
    return "done";
  } catch (error) {
    if (error instanceof FnError) return error.code;
    throw error;
  }
}
