import type { Command } from "commander";
import { cleanRoutePath } from "../../model/route.ts";
import { type LogEvent, readLogEvents } from "../api/log-events.ts";
import { CommandError } from "../common/io.ts";
import { examples } from "../common/options.ts";
import { toSortedJson } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";
import { callIdOf } from "./calls.ts";
import { LogPrinter } from "./log-printer.ts";

/** `fn logs <app> [call]`, and `fn logs get <app> <call>`. */
export function defineLogs(logs: Command, tools: Tools): void {
  addLogsOptions(logs)
    .description("print what functions write to stderr: during a call, or from now on")
    .addHelpText("after", examples("fn logs demo", "fn logs demo --follow", "fn logs demo last"))
    .usage("[options] <app> [call-id]")
    // Not required, so that the group without anything prints its help.
    .argument("[app]")
    .argument("[call-id]", "the newest call of the app, unless given")
    .action((app: string | undefined, callId: string | undefined, options: LogsOptions) =>
      app === undefined ? logs.help() : print(tools, app, callId, options),
    );

  addLogsOptions(logs.command("get"))
    .alias("g")
    .description("print what a function wrote to stderr during a call")
    .addHelpText("after", examples("fn logs get demo last", "fn get logs demo 01C4A8FYS6XGWV8HFD0NKFB87F"))
    .argument("<app>")
    .argument("<call-id>", "or 'last' for the newest call of the app")
    .action((app: string, callId: string, options: LogsOptions) => print(tools, app, callId, options));
}

interface LogsOptions {
  readonly follow?: boolean;
  readonly path?: string;
  readonly json?: boolean;
}

function addLogsOptions(command: Command): Command {
  return command
    .option("-f, --follow", "go on as it is written, until the call ends; without a call for ever")
    .option("--path <path>", "only calls of this route", cleanRoutePath)
    .option("--json", "print it as JSON; with --follow an object on each line");
}

async function print(
  tools: Tools,
  app: string,
  typed: string | undefined,
  options: LogsOptions,
): Promise<void> {
  if (options.follow) return await follow(tools, app, typed, options);
  const callId = await callIdOf(tools, app, typed ?? "last", options.path);
  const { calls } = await tools.api();
  const log = await calls.log(app, callId);
  if (options.json) tools.print(toSortedJson({ call_id: callId, log }));
  else tools.io.stdout.write(log);
}

async function follow(
  tools: Tools,
  app: string,
  typed: string | undefined,
  { path, json }: LogsOptions,
): Promise<void> {
  const api = await tools.api();
  const callId = typed && (await callIdOf(tools, app, typed, path));
  const printer = new LogPrinter(tools.io.stdout, { isPrefixed: callId === undefined });
  for await (const event of readLogEvents(api, { app, callId, path: callId ? undefined : path })) {
    if (json) tools.print(JSON.stringify(event));
    else show(tools, printer, event);
    if (event.type === "end" && event.call_id === callId) return;
  }
  throw new CommandError("the server ended the log");
}

function show({ note }: Tools, printer: LogPrinter, event: LogEvent): void {
  if (event.type === "log") printer.print(event);
  else if (event.type === "end") printer.end(event.call_id);
  else note(`${event.events} parts of the log are lost: this reader was too slow for them`);
}
