import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FinishedRequest } from "../observer.ts";
import type { Answer } from "../workers/messages.ts";
import { gatherFigures, mergePoints } from "./figures.ts";
import { LbMetrics } from "./lb-metrics.ts";
import { A, B, startManagement } from "./management.suite.ts";
import { observers } from "./observers.ts";
import { Traffic } from "./traffic.ts";

/** Two workers of one balancer, of which each asks both. */
async function startWorkers() {
  const { nodes, clock, pass } = await startManagement({ nodes: [A, B] });
  pass(A);
  const given: Map<string, () => unknown>[] = [];
  const workers = ["w1", "w2"].map(() => {
    const answers = new Map<string, () => unknown>();
    given.push(answers);
    const ask = (topic: string): Promise<Answer[]> =>
      // As JSON, since that is how it comes from another process.
      Promise.all(
        given.map(async (of, i) => ({
          worker: `w${i}`,
          answer: JSON.parse(JSON.stringify(await of.get(topic)?.())),
        })),
      );
    const traffic = new Traffic(clock);
    const none = { pools: () => [], connections: () => 4, eventReaders: () => 0 };
    const metrics = new LbMetrics({ nodes, traffic, ...none });
    const link = { ask, answer: (topic: string, give: () => unknown) => void answers.set(topic, give) };
    const now = () => Math.floor(clock.nowMs() / 1000);
    return { observer: observers(metrics, traffic), figures: gatherFigures({ traffic, metrics, link, now }) };
  });
  const finish = (worker: number, more: Partial<FinishedRequest> = {}) => {
    const usual = { node: A, fn: "/r/a/f", outcome: "answered", status: 200, ms: 10 } as const;
    workers[worker]?.observer.finished({ ...usual, waitNs: undefined, ...more });
  };
  const [{ figures } = assert.fail()] = workers;
  return { figures, finish, clock };
}

describe("the figures of several workers", () => {
  test("have one point for each second, node and function", async () => {
    const { figures, finish } = await startWorkers();
    finish(0, { waitNs: 1e6 });
    finish(1, { waitNs: 3e6, status: 502 });
    finish(1, { node: B });
    const points = await figures.points();
    assert.deepEqual(
      points.map(({ node, tp, wait, codes }) => [node, tp, wait, codes]),
      [
        [A, 2, 0.002, { "200": 1, "502": 1 }],
        [B, 1, 0, { "200": 1 }],
      ],
    );
  });

  test("are in the order of time", async () => {
    const { figures, finish, clock } = await startWorkers();
    finish(1);
    await clock.advance(1000);
    finish(0);
    const times = (await figures.points()).map(({ timestamp }) => timestamp);
    assert.deepEqual(times, times.toSorted());
  });

  test("can be read from a second on, near or far", async () => {
    const { figures, finish, clock } = await startWorkers();
    const start = clock.nowMs() / 1000;
    finish(0);
    await clock.advance(20_000);
    assert.equal((await figures.points(start + 18)).length, 2);
    assert.equal((await figures.points(start + 10)).length, 10);
  });

  test("have the percentiles of the slower worker", async () => {
    const { figures, finish } = await startWorkers();
    finish(0, { ms: 1 });
    finish(1, { ms: 1000 });
    const [{ p99 } = assert.fail()] = await figures.points();
    assert.ok(p99 > 0.9, `${p99}`);
  });

  test("add up what is counted, and do not what is the same in all", async () => {
    const { figures, finish } = await startWorkers();
    finish(0);
    finish(1);
    const lines = (await figures.metricsText()).split("\n");
    for (const line of [
      `fnlb_requests_total{node="${A}",code="200"} 2`,
      `fnlb_request_duration_seconds_count{node="${A}"} 2`,
      "fnlb_connections 8",
      `fnlb_node_state{node="${A}",state="healthy"} 1`,
      'fnlb_function_nodes{fn="/r/a/f"} 1',
    ]) {
      assert.ok(lines.includes(line), `${line} is not in\n${lines.join("\n")}`);
    }
  });

  test("are none without workers", () => assert.deepEqual(mergePoints([]), []));
});
