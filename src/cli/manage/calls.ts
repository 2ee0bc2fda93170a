import type { Command } from "commander";
import { cleanRoutePath } from "../../model/route.ts";
import type { CallResource } from "../api/resources.ts";
import { CommandError } from "../common/io.ts";
import {
  addOptions,
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
  addOptions(calls.command("get"), outputOptions())
    .alias("g")
    .description("print one call")
    .argument("<app>")
    .argument("<call-id>")
    .action((app: string, callId: string, options: OutputChoice) => get(tools, app, callId, options));

  addOptions(calls.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list the calls of an app, the newest first")
    .argument("<app>")
    .option("--path <path>", "only calls of this route")
    .option("--from-time <time>", "only calls created later, such as 2018-01-22T10:00:00Z", parseTime)
    .option("--to-time <time>", "only calls created earlier", parseTime)
    .action((app: string, options: ListOptions) => list(tools, app, options));
}

/** `fn logs …` */
export function defineLogs(logs: Command, tools: Tools): void {
  logs
    .command("get")
    .alias("g")
    .description("print what a function wrote to stderr during a call")
    .argument("<app>")
    .argument("<call-id>", "or 'last' for the newest call of the app")
    .action((app: string, callId: string) => getLog(tools, app, callId));
}

type ListOptions = PageChoice &
  OutputChoice & { readonly path?: string; readonly fromTime?: number; readonly toTime?: number };

async function get({ api, print }: Tools, app: string, callId: string, options: OutputChoice): Promise<void> {
  const call = await api.getCall(app, callId);
  print(options.output === "json" ? toSortedJson(call) : block(call));
}

async function list(tools: Tools, app: string, options: ListOptions): Promise<void> {
  const page = await tools.api.listCalls(app, {
    limit: options.n,
    cursor: options.cursor,
    path: options.path === undefined ? undefined : cleanRoutePath(options.path),
    fromS: options.fromTime,
    toS: options.toTime,
  });
  if (options.output === "json") tools.print(toSortedJson(page.items));
  else for (const call of page.items) tools.print(block(call));
  noteRest(tools, page);
}

async function getLog({ api, io }: Tools, app: string, callId: string): Promise<void> {
  io.stdout.write(await api.getLog(app, callId === "last" ? await lastCallId(api, app) : callId));
}

async function lastCallId(api: Tools["api"], app: string): Promise<string> {
  const [newest] = (await api.listCalls(app, { limit: 1 })).items;
  if (newest) return newest.id;
  throw new CommandError("No previous calls found.");
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
    `Status: ${call.status}`,
  ];
  if (call.error) lines.push(`Error reason: ${call.error}`);
  return `${lines.join("\n")}\n`;
}
