import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Discovery } from "./discovery.ts";
import type { Outcome } from "./load.ts";
import type { HarnessOptions } from "./options.ts";
import { FAILED_LISTED_MAX, type Report, Tally } from "./report.ts";
import { reportLines } from "./report-text.ts";

const options: HarnessOptions = {
  balancer: "localhost:8081",
  nodes: [],
  route: "/r/primesapp/primes",
  image: "dir:functions/primes",
  calls: 4,
  concurrency: 2,
  max: 1000,
  loops: 1,
  timeoutMs: 60_000,
  errorsMax: 0,
  nodesMax: 0,
  isVerbose: false,
  isJson: false,
};

const discovery: Discovery[] = [
  { address: "localhost:8083", name: "b", problem: null },
  { address: "localhost:8082", name: "a", problem: null },
];

function success(node: string | undefined, durationMs = 1): Outcome {
  return { call: 1, node, durationMs, inFunctionSeconds: undefined, failure: undefined };
}

function failure(node: string | undefined, status: string, call = 1): Outcome {
  return { call, node, durationMs: 1, inFunctionSeconds: undefined, failure: { status, body: "why" } };
}

function report(outcomes: readonly Outcome[], change: Partial<HarnessOptions> = {}): Report {
  const tally = new Tally();
  for (const outcome of outcomes) tally.add(outcome);
  return tally.report({ ...options, ...change }, discovery, 2);
}

describe("the report", () => {
  test("counts the calls of each node and their share, by name", () => {
    const { nodes } = report([success("b"), success("a"), success("b"), success("b")]);
    assert.deepEqual(
      nodes.map(({ node, calls, sharePercent }) => [node, calls, sharePercent]),
      [
        ["a", 1, 25],
        ["b", 3, 75],
      ],
    );
  });

  test("names where a node was found", () => {
    assert.deepEqual(report([success("b")]).nodes[0]?.addresses, ["localhost:8083"]);
  });

  test("lists a node that was not found before, without an address", () => {
    const [node] = report([success("new")]).nodes;
    assert.deepEqual([node?.node, node?.addresses], ["new", []]);
  });

  test("puts calls of which nobody said where they ran last", () => {
    assert.deepEqual(
      report([success(undefined), success("z")]).nodes.map(({ node }) => node),
      ["z", null],
    );
  });

  test("measures the latency of calls that did not fail", () => {
    const { nodes } = report([success("a", 5), failure("a", "503"), success("a", 3)]);
    assert.deepEqual(nodes[0]?.latencyMs, { p50: 3, p95: 5, p99: 5, max: 5 });
  });

  test("has no latency for a node whose calls all failed", () => {
    assert.equal(report([failure("a", "503")]).nodes[0]?.latencyMs, null);
  });

  test("counts failures by status, of each node and in all", () => {
    const all = report([
      failure("a", "503"),
      failure("a", "503"),
      failure("b", "504"),
      failure(undefined, "502"),
    ]);
    assert.deepEqual(all.failures, { "502": 1, "503": 2, "504": 1 });
    assert.deepEqual(all.nodes[0]?.failures, { "503": 2 });
    assert.equal(all.failedCalls, 4);
  });

  test("lists failed calls with status and body, the first few of them", () => {
    const many = Array.from({ length: FAILED_LISTED_MAX + 5 }, (_, i) => failure("a", "503", i + 1));
    const { failed } = report(many);
    assert.equal(failed.length, FAILED_LISTED_MAX);
    assert.deepEqual(failed[0], { call: 1, node: "a", status: "503", body: "why" });
  });

  test("tells the rate over the whole time", () => {
    assert.equal(report([success("a"), success("a"), success("a")]).callsPerSecond, 1.5);
  });
});

describe("the verdict", () => {
  test("is good without failures and expectations", () => {
    assert.deepEqual(report([success("a"), success("b")]).problems, []);
  });

  test("is bad with more failures than allowed", () => {
    assert.equal(report([failure("a", "503")]).problems.length, 1);
  });

  test("is good with as many failures as allowed", () => {
    assert.deepEqual(report([failure("a", "503")], { errorsMax: 1 }).problems, []);
  });

  test("is bad when more nodes answered than expected", () => {
    assert.equal(report([success("a"), success("b")], { nodesMax: 1 }).problems.length, 1);
    assert.deepEqual(report([success("a"), success("b")], { nodesMax: 2 }).problems, []);
  });
});

describe("the report as text", () => {
  test("is a table of the nodes, the total, the failed calls and the verdict", () => {
    const outcomes = [success("a", 1.5), success("a", 2), success("b", 10), failure(undefined, "502", 4)];
    assert.deepEqual(reportLines(report(outcomes)), [
      "Results (executions per node):",
      "  node            address         calls  share  p50 ms  p95 ms  p99 ms  max ms  failures",
      "  a               localhost:8082      2  50.0%    1.50    2.00    2.00    2.00  -",
      "  b               localhost:8083      1  25.0%   10.00   10.00   10.00   10.00  -",
      "  (unknown node)  -                   1  25.0%       -       -       -       -  1x 502",
      "Total: 4 calls in 2.000 s, 2.0 calls/s, 1 failed: 1x 502",
      "Failed calls (all):",
      "  4: (unknown node): 502 why",
      "FAILED: 1 of 4 calls failed, at most 0 may",
    ]);
  });

  test("ends with OK when all is as expected", () => {
    assert.equal(reportLines(report([success("a")])).at(-1), "OK");
  });
});
