import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import { Leases } from "./leases.ts";

const LEASE_MS = 9000;

/** Leases on calls of which some are lost; what was renewed, in order. */
function setUp() {
  const clock = new FakeClock();
  const renewals: { readonly atMs: number; readonly callIds: readonly string[] }[] = [];
  const lost = new Set<string>();
  const state = { isDown: false };
  const beganMs = clock.nowMs();
  const queue = {
    async renew(_holder: string, callIds: readonly string[]) {
      renewals.push({ atMs: clock.nowMs() - beganMs, callIds });
      if (state.isDown) throw new FnError("store_unavailable");
      return callIds.filter((id) => !lost.has(id));
    },
  };
  const leases = new Leases({
    queue,
    clock,
    log: pino({ level: "silent" }),
    holder: "me",
    leaseMs: LEASE_MS,
  });
  return { clock, leases, renewals, lost, state };
}

const never = () => assert.fail("it is not lost");

describe("leases", () => {
  test("are renewed together, three times in a lease", async () => {
    const { clock, leases, renewals } = setUp();
    leases.hold("a", never);
    await clock.advance(1000);
    leases.hold("b", never);
    await clock.advance(6000);
    assert.deepEqual(renewals, [
      { atMs: 3000, callIds: ["a", "b"] },
      { atMs: 6000, callIds: ["a", "b"] },
    ]);
  });

  test("are renewed again in a second when the store could not be reached", async () => {
    const { clock, leases, renewals, state } = setUp();
    state.isDown = true;
    leases.hold("a", never);
    await clock.advance(5000);
    assert.deepEqual(
      renewals.map(({ atMs }) => atMs),
      [3000, 4000, 5000],
    );
  });

  test("that are lost are told of once, and renewed no more", async () => {
    const { clock, leases, renewals, lost } = setUp();
    let told = 0;
    leases.hold("a", () => told++);
    leases.hold("b", never);
    lost.add("a");
    await clock.advance(6000);
    assert.equal(told, 1);
    assert.deepEqual(renewals.at(-1)?.callIds, ["b"]);
  });

  test("that are let go leave no timer", async () => {
    const { clock, leases } = setUp();
    const letGo = [leases.hold("a", never), leases.hold("b", never)];
    for (const each of letGo) each();
    assert.equal(clock.pending, 0);
  });

  test("on a call that was put back and claimed again are kept when the first one is let go", async () => {
    const { clock, leases, renewals } = setUp();
    const letGo = leases.hold("a", () => {});
    leases.hold("a", () => {});
    letGo();
    await clock.advance(3000);
    assert.deepEqual(renewals, [{ atMs: 3000, callIds: ["a"] }]);
  });
});
