import assert from "node:assert/strict";
import { describe, test } from "node:test";
import pino from "pino";
import { FakeClock } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { Announcer } from "./announcer.ts";

describe("a node that announces itself", () => {
  test("says so at once, then every two seconds, each time for six", async () => {
    const { announcer, clock, said } = makeAnnouncer();
    await announcer.start();
    await clock.advance(4000);
    assert.deepEqual(said, ["a:1 for 6000", "a:1 for 6000", "a:1 for 6000"]);
  });

  test("says at once that it is draining, and goes on saying so", async () => {
    const { announcer, clock, said } = makeAnnouncer();
    await announcer.start();
    await announcer.drain();
    await clock.advance(2000);
    assert.deepEqual(said.slice(1), ["a:1 draining for 6000", "a:1 draining for 6000"]);
  });

  test("withdraws at the end, and says nothing more", async () => {
    const { announcer, clock, said } = makeAnnouncer();
    await announcer.start();
    await announcer.stop();
    await announcer.stop();
    await announcer.drain();
    await clock.advance(10_000);
    assert.deepEqual(said, ["a:1 for 6000", "a:1 gone"]);
    assert.equal(clock.pending, 0);
  });

  test("withdraws behind what is being written", async () => {
    const { announcer, said, hold } = makeAnnouncer();
    const release = hold();
    const started = announcer.start();
    const stopped = announcer.stop();
    release();
    await Promise.all([started, stopped]);
    assert.equal(said.at(-1), "a:1 gone");
  });

  test("goes on when the store does not answer, and logs it once", async () => {
    const { announcer, clock, said, fail, errors } = makeAnnouncer();
    fail(true);
    await announcer.start();
    await clock.advance(4000);
    assert.equal(errors.length, 1);
    fail(false);
    await clock.advance(2000);
    assert.deepEqual(said, ["a:1 for 6000"]);
  });
});

function makeAnnouncer() {
  const clock = new FakeClock();
  const said: string[] = [];
  const errors: string[] = [];
  let isFailing = false;
  let held: Promise<void> | undefined;
  const say = async (text: string) => {
    if (isFailing) throw new FnError("store_unavailable");
    await held;
    said.push(text);
  };
  const announcer = new Announcer({
    nodes: {
      announce: (name, isDraining, forMs) => say(`${name}${isDraining ? " draining" : ""} for ${forMs}`),
      withdraw: (name) => say(`${name} gone`),
    },
    name: "a:1",
    clock,
    log: pino({ level: "error" }, { write: (line) => void errors.push(line) }),
  });
  return {
    announcer,
    clock,
    said,
    errors,
    fail(fails: boolean) {
      isFailing = fails;
    },
    /** Nothing is written until the result is called. */
    hold() {
      const hold = Promise.withResolvers<void>();
      held = hold.promise;
      return hold.resolve;
    },
  };
}
