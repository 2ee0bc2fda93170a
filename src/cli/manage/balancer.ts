import { type Command, InvalidArgumentError } from "commander";
import type { NodeResource, TrafficPoint } from "../api/resources.ts";
import { CommandError } from "../common/io.ts";
import { addOptions, examples, type OutputChoice, outputOptions } from "../common/options.ts";
import { printList, table, toSortedJson } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";

/** `fn lb …`: what only a balancer has. */
export function defineBalancer(balancer: Command, tools: Tools): void {
  balancer.addHelpText("after", examples("fn lb nodes list", "fn lb stats"));

  const nodes = balancer.command("nodes").description("the nodes behind the balancer").helpCommand(false);
  nodes.addHelpText("after", examples("fn lb nodes list", "fn lb nodes drain 10.0.0.4:8080"));

  addOptions(nodes.command("list"), outputOptions())
    .alias("l")
    .description("list the nodes and their state")
    .addHelpText(
      "after",
      examples("fn lb nodes list", "fn --api-url http://localhost:8081 lb nodes list --json"),
    )
    .action((options: OutputChoice) => listNodes(tools, options));

  nodes
    .command("add")
    .description("add a node, or change its weight")
    .addHelpText(
      "after",
      examples("fn lb nodes add 10.0.0.4:8080", "fn lb nodes add 10.0.0.4:8080 --prewarm"),
    )
    .argument("<host:port>")
    .option("--weight <weight>", "how much it takes beside others, 1 unless given", parseWeight)
    .option("--prewarm", "have its functions started before it gets requests")
    .action(async (node: string, options: { readonly weight?: number; readonly prewarm?: boolean }) => {
      await (await tools.api()).balancer.put(node, options);
      tools.print(`Node ${node} added`);
    });

  nodes
    .command("remove")
    .alias("rm")
    .description("take a node out; what it is doing goes on")
    .addHelpText("after", examples("fn lb nodes remove 10.0.0.4:8080"))
    .argument("<host:port>")
    .action(async (node: string) => {
      await (await tools.api()).balancer.remove(node);
      tools.print(`Node ${node} removed`);
    });

  nodes
    .command("drain")
    .description("give a node nothing new; what it is doing goes on")
    .addHelpText(
      "after",
      examples("fn lb nodes drain 10.0.0.4:8080", "fn lb nodes drain 10.0.0.4:8080 --undo"),
    )
    .argument("<host:port>")
    .option("--undo", "let it have requests again")
    .action((node: string, { undo }: { readonly undo?: boolean }) => drain(tools, node, undo !== true));

  addOptions(balancer.command("stats"), outputOptions())
    .description("print the traffic of the last minute by node and function")
    .addHelpText("after", examples("fn lb stats", "fn lb stats --json"))
    .action((options: OutputChoice) => printStats(tools, options));
}

function parseWeight(text: string): number {
  const weight = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && weight > 0) return weight;
  throw new InvalidArgumentError("Give a number above zero.");
}

async function listNodes(tools: Tools, options: OutputChoice): Promise<void> {
  const nodes = await (await tools.api()).balancer.nodes();
  if (options.output === "json") return tools.print(toSortedJson(nodes));
  const head = ["NODE", "STATE", "WEIGHT", "REQUESTS", "REASON"];
  printList(tools, Object.entries(nodes), options, head, ([name, node]) => nodeRow(name, node));
}

function nodeRow(name: string, { state, weight, outstanding, reason }: NodeResource): string[] {
  return [name, ...[state, weight, outstanding, reason].map((value) => String(value ?? ""))];
}

async function drain(tools: Tools, node: string, isDraining: boolean): Promise<void> {
  const { balancer } = await tools.api();
  if (!Object.hasOwn(await balancer.nodes(), node)) {
    // To change an unknown node would add it.
    throw new CommandError(`'${node}' is not a node of this balancer`);
  }
  await balancer.put(node, { draining: isDraining });
  tools.print(isDraining ? `Node ${node} drains` : `Node ${node} takes requests again`);
}

async function printStats(tools: Tools, { output }: OutputChoice): Promise<void> {
  const points = await (await tools.api()).balancer.stats();
  if (output === "json") return tools.print(toSortedJson(points));
  const head = ["NODE", "FUNCTION", "REQUESTS", "ERRORS", "P50 MS", "P99 MS"];
  tools.print(table([head, ...totals(points).map(totalRow)]));
}

interface Total {
  readonly node: string;
  readonly func: string;
  readonly requests: number;
  readonly errors: number;
  /** Seconds: the highest of all seconds, since a percentile of all cannot be told from those of parts. */
  readonly p50: number;
  readonly p99: number;
}

function totals(points: readonly TrafficPoint[]): Total[] {
  const byKey = new Map<string, Total>();
  for (const { node, func, tp, p50, p99, codes } of points) {
    const key = `${node} ${func}`;
    const sum = byKey.get(key) ?? { node, func, requests: 0, errors: 0, p50: 0, p99: 0 };
    byKey.set(key, {
      ...sum,
      requests: sum.requests + tp,
      errors: sum.errors + failures(codes),
      p50: Math.max(sum.p50, p50),
      p99: Math.max(sum.p99, p99),
    });
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}

/** Answers of status 500 and above. */
function failures(codes: TrafficPoint["codes"]): number {
  return Object.entries(codes).reduce((sum, [code, count]) => sum + (Number(code) >= 500 ? count : 0), 0);
}

function totalRow({ node, func, requests, errors, p50, p99 }: Total): string[] {
  const times = [p50, p99].map((seconds) => (1000 * seconds).toFixed(1));
  return [node || "(none)", func, String(requests), String(errors), ...times];
}
