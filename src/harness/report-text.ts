import type { Discovery } from "./discovery.ts";
import type { Outcome } from "./load.ts";
import type { HarnessOptions } from "./options.ts";
import { FAILED_LISTED_MAX, type NodeReport, type Report } from "./report.ts";

/** What is said before the calls begin. */
export function introduction(options: HarnessOptions, discovery: readonly Discovery[]): string[] {
  const width = Math.max(...discovery.map(({ address }) => address.length));
  const found = discovery.map(
    ({ address, name, problem }) => `  ${address.padEnd(width)}  ${name ?? `left out: ${problem}`}`,
  );
  const times = options.calls === 1 ? "once" : `${options.calls} times`;
  return [
    "Nodes, each called directly once:",
    ...found,
    `Calling ${options.route} ${times} through ${options.balancer}, ${options.concurrency} at a time; ` +
      `primes up to ${options.max}, ${options.loops === 1 ? "once" : `${options.loops} times`} each...`,
  ];
}

/** A line for each call, for those who want to watch. */
export function outcomeLine({ call, node, durationMs, inFunctionSeconds, failure }: Outcome): string {
  const start = `  ${call}: ${node ?? UNKNOWN}`;
  const end = `response time: ${(durationMs / 1000).toFixed(6)}sec`;
  if (failure) return `${start} failed: ${failure.status}, ${end}`;
  if (inFunctionSeconds === undefined) return `${start} ${end}`;
  return `${start} in-function duration: ${inFunctionSeconds.toFixed(6)}sec, ${end}`;
}

/** The report for people. */
export function reportLines(report: Report): string[] {
  return [
    "Results (executions per node):",
    ...table([HEADINGS, ...report.nodes.map(nodeRow)]).map((line) => `  ${line}`),
    totals(report),
    ...failedLines(report),
    ...(report.problems.length === 0 ? ["OK"] : report.problems.map((problem) => `FAILED: ${problem}`)),
  ];
}

const UNKNOWN = "(unknown node)";

const HEADINGS = ["node", "address", "calls", "share", "p50 ms", "p95 ms", "p99 ms", "max ms", "failures"];

function nodeRow({ node, addresses, calls, sharePercent, latencyMs, failures }: NodeReport): string[] {
  const { p50, p95, p99, max } = latencyMs ?? {};
  return [
    node ?? UNKNOWN,
    addresses.join(",") || "-",
    String(calls),
    `${sharePercent.toFixed(1)}%`,
    ...[p50, p95, p99, max].map((ms) => ms?.toFixed(2) ?? "-"),
    statuses(failures) || "-",
  ];
}

function totals({ calls, durationSeconds, callsPerSecond, failedCalls, failures }: Report): string {
  const total = `Total: ${calls} calls in ${durationSeconds.toFixed(3)} s, ${callsPerSecond.toFixed(1)} calls/s`;
  return failedCalls === 0
    ? `${total}, none failed`
    : `${total}, ${failedCalls} failed: ${statuses(failures)}`;
}

function failedLines({ failed, failedCalls }: Report): string[] {
  if (failedCalls === 0) return [];
  const which = failedCalls > FAILED_LISTED_MAX ? `the first ${FAILED_LISTED_MAX} of ${failedCalls}` : "all";
  return [
    `Failed calls (${which}):`,
    ...failed.map(({ call, node, status, body }) =>
      `  ${call}: ${node ?? UNKNOWN}: ${status} ${body}`.trimEnd(),
    ),
  ];
}

/** `2x 502, 1x timeout` */
function statuses(failures: Readonly<Record<string, number>>): string {
  return Object.entries(failures)
    .map(([status, count]) => `${count}x ${status}`)
    .join(", ");
}

/** Columns with two blanks between them; numbers, from the third column on, stand to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number) => column >= 2 && column < HEADINGS.length - 1;
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
