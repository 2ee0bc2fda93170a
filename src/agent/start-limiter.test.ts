import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { StartLimiter, type Turn } from "./start-limiter.ts";

const never = new AbortController().signal;

/** Asks for a turn and notes when it comes. */
function ask(
  limiter: StartLimiter,
  key: string,
  turns: { key: string; turn: Turn }[],
  isFirst = false,
): void {
  void limiter.acquire(key, isFirst, never).then((turn) => turns.push({ key, turn }));
}

describe("the start limiter", () => {
  test("lets one per core start at a time, and the next when one is over", async () => {
    const limiter = new StartLimiter({ clock: new FakeClock(), cores: 2 });
    const turns: { key: string; turn: Turn }[] = [];
    for (const key of ["a", "b", "c"]) ask(limiter, key, turns);
    await settle();
    assert.equal(turns.length, 2);
    turns[0]?.turn.end(true);
    await settle();
    assert.equal(turns.length, 3);
    assert.equal(limiter.inFlight, 2);
  });

  test("gives a turn back once", async () => {
    const limiter = new StartLimiter({ clock: new FakeClock(), cores: 2 });
    const turn = await limiter.acquire("a", false, never);
    await limiter.acquire("a", false, never);
    turn.end(true);
    turn.end(false);
    assert.equal(limiter.inFlight, 1);
  });

  test("a function that wants fifty does not hold up the first container of another", async () => {
    const limiter = new StartLimiter({ clock: new FakeClock(), cores: 1 });
    const turns: { key: string; turn: Turn }[] = [];
    for (let i = 0; i < 50; i++) ask(limiter, "hungry", turns);
    ask(limiter, "new", turns, true);
    await settle();
    turns[0]?.turn.end(true);
    await settle();
    assert.equal(turns[1]?.key, "new");
  });

  test("a function without any container goes first in its turn", async () => {
    const limiter = new StartLimiter({ clock: new FakeClock(), cores: 1 });
    const turns: { key: string; turn: Turn }[] = [];
    for (const key of ["a", "b", "c"]) ask(limiter, key, turns);
    ask(limiter, "new", turns, true);
    await settle();
    turns[0]?.turn.end(true);
    await settle();
    assert.equal(turns[1]?.key, "new");
  });

  test("whoever does not want to start any more leaves the line", async () => {
    const limiter = new StartLimiter({ clock: new FakeClock(), cores: 1 });
    await limiter.acquire("a", false, never);
    const leaving = new AbortController();
    const refused = assert.rejects(limiter.acquire("b", false, leaving.signal), { code: "client_gone" });
    leaving.abort(new FnError("client_gone"));
    await refused;
    assert.equal(limiter.waiting, 0);
  });

  /** Starts containers one after another, as many at a time as it may, on a machine of so much capacity. */
  async function startMany(count: number, capacity: number): Promise<number[]> {
    const clock = new FakeClock();
    const limiter = new StartLimiter({ clock, cores: 2 });
    const seen: number[] = [];
    let ended = 0;
    for (let i = 0; i < count; i++) {
      void limiter.acquire("f", false, never).then((turn) => {
        seen.push(limiter.max);
        clock.after(100 * Math.max(1, limiter.max / capacity), () => {
          turn.end(true);
          ended++;
        });
      });
    }
    while (ended < count) await clock.advance(50);
    return seen;
  }

  test("allows more where more start sooner", async () => {
    const seen = await startMany(200, 6);
    assert.ok(seen.includes(6));
    assert.ok(Math.max(...seen) <= 8, "and never more than four per core");
  });

  test("stays at one per core where more would only lengthen each start", async () => {
    const seen = await startMany(200, 2);
    assert.ok(seen.filter((max) => max === 2).length > 150);
  });

  /** Starts one after another, so long each; gives how many may start at a time then. */
  async function maxAfter(startsMs: readonly number[]): Promise<number> {
    const clock = new FakeClock();
    const limiter = new StartLimiter({ clock, cores: 2 });
    for (const startMs of startsMs) {
      const turn = await limiter.acquire("f", false, never);
      await clock.advance(startMs);
      turn.end(true);
    }
    return limiter.max;
  }

  test("allows as many short ones as one that takes 50 ms per core, but never more than four per core", async () => {
    assert.equal(await maxAfter([20]), 5);
    assert.equal(await maxAfter([3]), 8);
    assert.equal(await maxAfter([60]), 2);
  });

  test("soon allows fewer when slow ones come", async () => {
    assert.equal(await maxAfter([5, 5, 5, 80, 80, 80]), 2);
  });

  test("learns nothing from starts that failed", async () => {
    const limiter = new StartLimiter({ clock: new FakeClock(), cores: 1 });
    for (let i = 0; i < 50; i++) (await limiter.acquire("f", false, never)).end(false);
    assert.equal(limiter.max, 1);
  });
});
