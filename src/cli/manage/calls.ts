import { type Command, Option } from "commander";
import { CALL_STATUSES } from "../../model/call.ts";
import { cleanRoutePath } from "../../model/route.ts";
import type { CallResource } from "../api/resources.ts";
import { UsageError } from "../common/io.ts";
import {
  addOptions,
  examples,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
  parseTime,
} from "../common/options.ts";
import { toSortedJson } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";

/** `fn calls …` */
export function defineCalls(calls: Command, tools: Tools): void {
  calls.addHelpText("after", examples("fn calls list demo", "fn get call demo last"));

  addOptions(calls.command("get"), outputOptions())
    .alias("g")
    .description("print one call")
    .addHelpText(
      "after",
      examples("fn calls get demo 01C4A8FYS6XGWV8HFD0NKFB87F", "fn get call demo last --json"),
    )
    .argument("<app>")
    .argument("<call-id>", LAST)
    .action((app: string, callId: string, options: OutputChoice) => get(tools, app, callId, options));

  addOptions(calls.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list the calls of an app, the newest first")
    .addHelpText(
      "after",
      examples("fn calls list demo --status error -n 5", "fn list calls demo --path /hello"),
    )
    .argument("<app>")
    .option("--path <path>", "only calls of this route")
    .addOption(
      new Option("--status <status>", "only calls of this status").choices([...CALL_STATUSES, "dead"]),
    )
    .option("--from-time <time>", "only calls created later, such as 2018-01-22T10:00:00Z", parseTime)
    .option("--to-time <time>", "only calls created earlier", parseTime)
    .action((app: string, options: ListOptions) => list(tools, app, options));

  calls
    .command("cancel")
    .description("take back a call that nobody waits for, before it has ended")
    .addHelpText("after", examples("fn calls cancel demo 01C4A8FYS6XGWV8HFD0NKFB87F"))
    .argument("<app>")
    .argument("<call-id>", LAST)
    .action((app: string, callId: string) => cancel(tools, app, callId));

  calls
    .command("redrive")
    .description("have calls run again that failed for good")
    .addHelpText(
      "after",
      examples("fn calls redrive demo 01C4A8FYS6XGWV8HFD0NKFB87F", "fn redrive calls demo --all"),
    )
    .argument("<app>")
    .argument("[call-id]")
    .option("--all", "all of the app")
    .option("--path <path>", "with --all: only calls of this route")
    .action((app: string, callId: string | undefined, options: RedriveOptions) =>
      redrive(tools, app, callId, options),
    );
}

const LAST = "or 'last' for the newest call of the app";

type ListOptions = PageChoice &
  OutputChoice & {
    readonly path?: string;
    readonly status?: string;
    readonly fromTime?: number;
    readonly toTime?: number;
  };

interface RedriveOptions {
  readonly all?: boolean;
  readonly path?: string;
}

/** The id of a call as it is typed: `last` is the newest one, of the app or of one of its routes. */
export async function callIdOf(tools: Tools, app: string, typed: string, path?: string): Promise<string> {
  return typed === "last" ? (await tools.api()).calls.lastId(app, path) : typed;
}

async function get(tools: Tools, app: string, typed: string, options: OutputChoice): Promise<void> {
  const { calls } = await tools.api();
  const call = await calls.get(app, await callIdOf(tools, app, typed));
  tools.print(options.output === "json" ? toSortedJson(call) : block(call));
}

async function list(tools: Tools, app: string, options: ListOptions): Promise<void> {
  const { calls } = await tools.api();
  const page = await calls.list(app, {
    limit: options.n,
    cursor: options.cursor,
    path: options.path === undefined ? undefined : cleanRoutePath(options.path),
    status: options.status,
    fromS: options.fromTime,
    toS: options.toTime,
  });
  if (options.output === "json") tools.print(toSortedJson(page.items));
  else for (const call of page.items) tools.print(block(call));
  noteRest(tools, page);
}

async function cancel(tools: Tools, app: string, typed: string): Promise<void> {
  const { calls } = await tools.api();
  const callId = await callIdOf(tools, app, typed);
  await calls.cancel(app, callId);
  tools.print(`Call ${callId} cancelled`);
}

async function redrive(
  tools: Tools,
  app: string,
  callId: string | undefined,
  { all, path }: RedriveOptions,
): Promise<void> {
  if ((callId === undefined) !== (all === true))
    throw new UsageError("give either the id of a call or --all");
  const { calls } = await tools.api();
  if (callId !== undefined) {
    await calls.redrive(app, callId);
    return tools.print(`Call ${callId} queued again`);
  }
  const cleanPath = path === undefined ? undefined : cleanRoutePath(path);
  let count = 0;
  for (let hasMore = true; hasMore; ) {
    const some = await calls.redriveSome(app, cleanPath);
    count += some.redriven;
    // A part in which none could be taken ends it, so no server can keep this going for ever.
    hasMore = some.hasMore && some.redriven > 0;
  }
  tools.print(`${count} calls queued again`);
}

/** How a time that never came is printed: the zero time of the original. */
const NO_TIME = "0001-01-01T00:00:00.000Z";

/** A call over several lines, the last one empty. */
function block(call: CallResource): string {
  const lines = [
    `ID: ${call.id}`,
    `App: ${call.app_name}`,
    `Route: ${call.path}`,
    `Created At: ${call.created_at || NO_TIME}`,
    `Started At: ${call.started_at || NO_TIME}`,
    `Completed At: ${call.completed_at || NO_TIME}`,
    `Status: ${call.status}${call.dead === true ? " (dead)" : ""}`,
  ];
  if (typeof call.attempts === "number") lines.push(`Attempts: ${call.attempts}`);
  if (call.error) lines.push(`Error reason: ${call.error}`);
  return `${lines.join("\n")}\n`;
}
