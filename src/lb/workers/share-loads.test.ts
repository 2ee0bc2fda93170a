import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import type { LoadReport } from "../placement/policy.ts";
import { aloneLink, type WorkerLink } from "./link.ts";
import { REPORT_INTERVAL_MS, shareLoads } from "./share-loads.ts";

const REPORT: LoadReport = { nodes: [{ node: "a:1", outstanding: 2 }], fns: [] };

function share() {
  const clock = new FakeClock();
  const reports: LoadReport[] = [];
  const seen: unknown[] = [];
  let hear: (message: unknown, from: string) => void = () => {};
  let lose: (worker: string) => void = () => {};
  const link: WorkerLink = {
    ...aloneLink(),
    publish: (topic, message) => seen.push(["published", topic, message]),
    subscribe(_topic, listener) {
      hear = listener;
    },
    onGone(listener) {
      lose = listener;
    },
  };
  const loads = {
    report: () => reports.shift(),
    learn: (from: string, report: LoadReport) => seen.push(["learnt", from, report]),
    forget: (from: string) => seen.push(["forgotten", from]),
  };
  const sharing = shareLoads(loads, link, clock);
  return { clock, reports, seen, sharing, hear: () => hear(REPORT, "w2"), lose: () => lose("w2") };
}

describe("the loads of a worker", () => {
  test("are told to the others several times a second", async () => {
    const { clock, reports, seen } = share();
    reports.push(REPORT, REPORT);
    await clock.advance(2 * REPORT_INTERVAL_MS);
    assert.deepEqual(seen, [
      ["published", "loads", REPORT],
      ["published", "loads", REPORT],
    ]);
  });

  test("are not told while nothing changes", async () => {
    const { clock, seen } = share();
    await clock.advance(10 * REPORT_INTERVAL_MS);
    assert.deepEqual(seen, []);
  });

  test("are learnt from the others, and forgotten with them", () => {
    const { seen, hear, lose } = share();
    hear();
    lose();
    assert.deepEqual(seen, [
      ["learnt", "w2", REPORT],
      ["forgotten", "w2"],
    ]);
  });

  test("are told no more when it is stopped", async () => {
    const { clock, reports, seen, sharing } = share();
    sharing.stop();
    reports.push(REPORT);
    await clock.advance(10 * REPORT_INTERVAL_MS);
    assert.deepEqual(seen, []);
    assert.equal(clock.pending, 0);
  });
});
