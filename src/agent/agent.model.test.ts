import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { FakeProcess } from "../driver/fake/driver.ts";
import { FnError } from "../model/errors.ts";
import { MEMORY_REFRESH_MS } from "./memory-capacity.ts";
import { createRig, type FakeCall, type Rig, type Running, rest } from "./rig.suite.ts";

/** What a function does with a call. The body of each call names itself, so that an answer shows whose it is. */
const BEHAVIOURS = ["answer", "hold", "garbage", "surplus", "exit", "say and answer"] as const;

const FNS = [
  { name: "a", timeoutS: 1 },
  { name: "b", timeoutS: 2 },
  { name: "c", timeoutS: 4 },
] as const;

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      fn: fc.constantFrom(...FNS),
      behaviour: fc.constantFrom(...BEHAVIOURS),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer" as const), index: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("caller leaves" as const), index: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("container dies" as const), index: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 1500 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("machine's memory changes" as const),
      containers: fc.constantFrom(0, 1, 2),
    }),
  },
);

const MEMORY_MIB = 256;
const CONTAINER_MIB = 128;
const FAILING_STEPS_MAX = 3;
/** What an agent keeps for the machine of so little memory. */
const HEADROOM_MIB = 256;

/** How the world of one run is. */
interface Nature {
  /** How long starts, pauses and unpauses take. */
  readonly stepMs: number;
  /** Of starts, pauses and unpauses together. */
  failsStep(nth: number): boolean;
  readonly freezeIdleMs: number;
  readonly containersPerFnMax: number;
}

/** An agent with room for two containers, and functions that do what their calls say. */
class World {
  readonly rig: Rig;
  readonly calls: Running[] = [];
  readonly held: FakeCall[] = [];
  readonly alive = new Set<FakeProcess>();
  /** What the machine has for containers. */
  memoryMib = MEMORY_MIB;
  readonly #containersPerFnMax: number;
  readonly #busy = new Map<FakeProcess, string>();
  #named = 0;

  constructor({ stepMs, failsStep, freezeIdleMs, containersPerFnMax }: Nature) {
    let steps = 0;
    this.#containersPerFnMax = containersPerFnMax;
    this.rig = createRig((call) => this.#run(call), {
      agent: {
        memoryMib: MEMORY_MIB,
        readMemory: () => ({
          availableMib: this.memoryMib + HEADROOM_MIB,
          limitMib: Number.POSITIVE_INFINITY,
        }),
        cores: 1,
        freezeIdleMs,
        containersPerFnMax,
      },
      script: {
        onStep(name) {
          if (!["start", "pause", "unpause"].includes(name)) return undefined;
          if (failsStep(steps++)) throw new FnError("container_start_failed");
          return stepMs;
        },
      },
    });
  }

  call(
    { name, timeoutS }: { readonly name: string; readonly timeoutS: number },
    behaviour: (typeof BEHAVIOURS)[number],
  ): void {
    const body = `${behaviour} #${this.#named++}`;
    const running = this.rig.call(name, {
      body,
      settings: { timeoutS, idleTimeoutS: 2, memoryMib: CONTAINER_MIB },
    });
    this.calls.push(running);
    void running.outcome.then((outcome) => {
      // An error's code, or the call's own name: never anybody else's bytes.
      assert.ok(outcome === body || /^[a-z_]+$/.test(outcome), `${body} was answered ${outcome}`);
    });
  }

  async answer(index: number): Promise<void> {
    const [call] = this.held.splice(index % Math.max(this.held.length, 1), 1);
    if (call) this.#answer(call);
  }

  /** Lets time pass in steps, so that what begins in one can go on in the next. */
  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      await this.rig.clock.advance(500);
      await rest(this.rig);
    }
  }

  /** Waits until the last call has timed out, and tries: once more than steps may fail. */
  async isHealthy(): Promise<boolean> {
    this.memoryMib = MEMORY_MIB;
    await this.pass(MEMORY_REFRESH_MS);
    for (let attempt = 0; attempt <= FAILING_STEPS_MAX; attempt++) {
      this.call({ name: "fresh", timeoutS: 4 }, "answer");
      await this.pass(2000);
      if ((await this.calls.at(-1)?.outcome)?.startsWith("answer #")) return true;
    }
    return false;
  }

  check(): void {
    const { memoryUsedMib } = this.rig.agent.state;
    assert.ok(memoryUsedMib <= MEMORY_MIB, `${memoryUsedMib} MiB are reserved`);
    assert.ok(this.rig.driver.counts.alive * CONTAINER_MIB <= memoryUsedMib, "each container has its memory");
    const alive = [...this.alive].filter(({ ended }) => !ended.aborted);
    for (const [name, ofFn] of Map.groupBy(alive, ({ spec }) => spec.image)) {
      const max = this.#containersPerFnMax || Number.POSITIVE_INFINITY;
      assert.ok(ofFn.length <= max, `${name} has ${ofFn.length} containers`);
    }
  }

  #run(call: FakeCall): void {
    const { body, process } = call;
    this.alive.add(process);
    if (process.ended.aborted) return;
    assert.equal(this.#busy.get(process), undefined, "a container has one call at a time");
    this.#busy.set(process, body);
    const behaviour = body.split(" #")[0];
    if (behaviour === "hold") this.held.push(call);
    else if (behaviour === "garbage") process.stdout.write("no JSON");
    else if (behaviour === "exit") process.exit({ code: 1 });
    else {
      if (behaviour === "say and answer") process.stderr.write(body);
      this.#answer(call);
      if (behaviour === "surplus") call.answer("stolen");
    }
  }

  #answer({ body, process, answer }: FakeCall): void {
    this.#busy.delete(process);
    if (!process.ended.aborted) answer(body);
  }
}

describe("the agent, under random interleavings of calls, leaving callers, time, deaths, lost memory and failing starts", () => {
  test("no slot is held twice, no memory is lost, no call is lost, and nothing is left in the end", async () => {
    const runs = fc.record({
      steps: fc.array(step, { maxLength: 40 }),
      stepMs: fc.constantFrom(0, 30, 400),
      failingSteps: fc.array(fc.nat({ max: 20 }), { maxLength: FAILING_STEPS_MAX }),
      freezeIdleMs: fc.constantFrom(-1, 0, 100),
      containersPerFnMax: fc.constantFrom(0, 1, 2),
    });
    await fc.assert(
      fc.asyncProperty(runs, async ({ steps, failingSteps, ...nature }) => {
        const world = new World({ ...nature, failsStep: (nth) => failingSteps.includes(nth) });
        const { rig, calls } = world;
        for (const step of steps) {
          if (step.kind === "call") world.call(step.fn, step.behaviour);
          else if (step.kind === "answer") await world.answer(step.index);
          else if (step.kind === "time") await rig.clock.advance(step.ms);
          else if (step.kind === "machine's memory changes")
            world.memoryMib = step.containers * CONTAINER_MIB;
          else if (step.kind === "caller leaves") {
            calls[step.index % Math.max(calls.length, 1)]?.cancel.abort(new FnError("client_gone"));
          } else {
            const processes = [...world.alive].filter(({ ended }) => !ended.aborted);
            processes[step.index % Math.max(processes.length, 1)]?.exit({ code: 9 });
          }
          await rest(rig);
          world.check();
        }

        // Whatever happened, when all of it is over the agent serves as on the first day: nothing it hands out is lost.
        const isHealthy = await world.isHealthy();
        assert.ok(isHealthy, "a call to a fresh function is answered");

        const stopped = rig.agent.stop(1000);
        await world.pass(10_000);
        await stopped;
        await Promise.all(calls.map(({ outcome }) => outcome));
        assert.deepEqual(
          rig.records.map(({ call }) => call.id).sort(),
          calls.map(({ id }) => id).sort(),
          "each call is recorded once",
        );
        const { containers, memoryUsedMib, waiting } = rig.agent.state;
        assert.deepEqual(
          { memoryUsedMib, waiting, ...containers },
          {
            memoryUsedMib: 0,
            waiting: 0,
            starting: 0,
            idle: 0,
            busy: 0,
          },
        );
        assert.equal(rig.driver.counts.alive, 0);
        assert.equal(rig.clock.pending, 0);
      }),
      { numRuns: 150 },
    );
  });
});
