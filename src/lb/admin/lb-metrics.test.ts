import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { AggregatorRegistry } from "prom-client";
import type { AttemptOutcome, FinishedRequest } from "../observer.ts";
import { LbMetrics } from "./lb-metrics.ts";
import { A, B, startManagement } from "./management.suite.ts";
import { observers, requestLog } from "./observers.ts";

type Rig = Awaited<ReturnType<typeof startManagement>>;

async function start(prepare: (rig: Rig) => void = () => {}) {
  const rig = await startManagement({ nodes: [A, B] });
  prepare(rig);
  const metrics = new LbMetrics({
    nodes: rig.nodes,
    traffic: rig.traffic,
    pools: () => [{ node: A, open: 5, idle: 3, waiting: 1 }],
    connections: () => 7,
    eventReaders: () => 2,
  });
  const observer = observers(metrics, rig.traffic);
  const finish = (more: Partial<FinishedRequest>) =>
    observer.finished({
      node: A,
      fn: "/r/a/f",
      outcome: "answered",
      status: 200,
      ms: 20,
      waitNs: undefined,
      ...more,
    });
  return { metrics, observer, finish };
}

async function has(metrics: LbMetrics, ...lines: readonly string[]): Promise<void> {
  const all = (await AggregatorRegistry.aggregate([await metrics.json()]).metrics()).split("\n");
  for (const line of lines) assert.ok(all.includes(line), `${line} is not in\n${all.join("\n")}`);
}

describe("the metrics of requests", () => {
  test("count by node and status", async () => {
    const { metrics, finish } = await start();
    finish({});
    finish({});
    finish({ node: B, status: 504 });
    await has(
      metrics,
      `fnlb_requests_total{node="${A}",code="200"} 2`,
      `fnlb_requests_total{node="${B}",code="504"} 1`,
    );
  });

  test("have an empty node where none took a request, and 499 where the client left", async () => {
    const { metrics, finish } = await start();
    finish({ node: undefined, status: 503 });
    finish({ status: undefined, outcome: "cancelled" });
    await has(
      metrics,
      'fnlb_requests_total{node="",code="503"} 1',
      `fnlb_requests_total{node="${A}",code="499"} 1`,
    );
  });

  test("measure from head to end, in seconds", async () => {
    const { metrics, finish } = await start();
    finish({ ms: 20 });
    finish({ ms: 30 });
    const name = "fnlb_request_duration_seconds";
    await has(
      metrics,
      `${name}_bucket{node="${A}",le="0.01"} 0`,
      `${name}_bucket{node="${A}",le="0.025"} 1`,
      `${name}_bucket{node="${A}",le="+Inf"} 2`,
      `${name}_sum{node="${A}"} 0.05`,
      `${name}_count{node="${A}"} 2`,
    );
  });

  test("measure the waits that were told", async () => {
    const { metrics, finish } = await start();
    finish({ waitNs: 2e9 });
    finish({});
    await has(metrics, `fnlb_wait_duration_seconds_count{node="${A}"} 1`);
    await has(metrics, `fnlb_wait_duration_seconds_sum{node="${A}"} 2`);
  });

  for (const reason of ["unreachable", "broken", "late"] satisfies AttemptOutcome[]) {
    test(`count retries after an attempt that was ${reason}`, async () => {
      const { metrics, observer } = await start();
      observer.retried(A, reason);
      await has(metrics, `fnlb_retries_total{node="${A}",reason="${reason}"} 1`);
    });
  }
});

describe("the metrics of nodes", () => {
  test("are their states, weights, requests and connections", async () => {
    const { metrics } = await start(({ pass }) => pass(A));
    await has(
      metrics,
      `fnlb_node_state{node="${A}",state="healthy"} 1`,
      `fnlb_node_state{node="${A}",state="unknown"} 0`,
      `fnlb_node_state{node="${B}",state="unknown"} 1`,
      `fnlb_node_weight{node="${A}"} 1`,
      `fnlb_node_outstanding{node="${A}"} 3`,
      `fnlb_node_connections{node="${A}",state="idle"} 3`,
      `fnlb_node_connections{node="${A}",state="busy"} 2`,
      `fnlb_node_connections_wanted{node="${A}"} 1`,
      "fnlb_connections 7",
      "fnlb_event_readers 2",
    );
  });
});

describe("the metrics of functions", () => {
  test("tell over how many nodes each is spread, and how it waits", async () => {
    const { metrics, finish } = await start();
    for (let i = 0; i < 3; i++) finish({ waitNs: 5e6 });
    finish({ node: B, waitNs: 5e6 });
    await has(
      metrics,
      'fnlb_function_nodes{fn="/r/a/f"} 2',
      'fnlb_function_overflow_ratio{fn="/r/a/f"} 0.25',
      'fnlb_function_wait_seconds{fn="/r/a/f"} 0.005',
      'fnlb_function_saturation_ratio{fn="/r/a/f"} 0.25',
    );
  });

  test("tell how many nodes would do", async () => {
    const { metrics, finish } = await start(({ pass }) => pass(A));
    finish({ ms: 20, waitNs: 10e6 });
    await has(metrics, "fnlb_nodes_suggested 2");
  });
});

describe("a log of requests", () => {
  const finished = { node: A, fn: "/r/a/f", outcome: "answered", status: 200, ms: 1, waitNs: 5 } as const;

  function linesAt(level: string): Record<string, unknown>[] {
    const lines: Record<string, unknown>[] = [];
    const observer = requestLog(
      pino({ level }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    );
    observer.retried(B, "broken");
    observer.finished(finished);
    return lines;
  }

  test("has node, function, status, outcome and wait at level debug", () => {
    const [retry, request] = linesAt("debug");
    assert.deepEqual([retry?.node, retry?.reason], [B, "broken"]);
    const { node, fn, outcome, status, ms, waitNs } = request ?? {};
    assert.deepEqual({ node, fn, outcome, status, ms, waitNs }, finished);
  });

  test("has nothing at level info", () => assert.deepEqual(linesAt("info"), []));
});
