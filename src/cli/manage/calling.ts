import { fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { type Answer, type Request, send } from "../api/send.ts";
import { callUrl, triggerUrl } from "../api/server-url.ts";
import { CommandError, type Io, UsageError } from "../common/io.ts";
import { addOptions, outputOptions, parseRequestHeader } from "../common/options.ts";
import { table, toSortedJson } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";

/** The options of every command that calls a function. */
export interface CallingOptions {
  readonly header: readonly (readonly [string, string])[];
  readonly contentType: string;
  readonly data?: string;
  readonly file?: string;
  readonly async?: boolean;
  readonly displayCallId?: boolean;
  readonly showTimeline?: boolean;
  readonly output: "text" | "json";
}

export function addCallingOptions(command: Command): Command {
  return addOptions(command, outputOptions())
    .option("--header <NAME:VALUE>", "add a header to the request; repeatable", parseRequestHeader, [])
    .option("--content-type <type>", "content type of the body", "application/json")
    .option("--data <text>", "the body, instead of standard input, which is read to its end")
    .option("--file <path>", "a file that is the body, instead of standard input")
    .option("--async", "do not wait: the call is stored, run later, and its id printed")
    .option("--display-call-id", "print the id of the call on standard error")
    .option("--show-timeline", "print how long each step of the call took on standard error");
}

/** A body given as an argument, which means the same as `--data`. Errors: `UsageError` for two bodies. */
export function withBody(options: CallingOptions, body: string | undefined): CallingOptions {
  const given = [body, options.data, options.file].filter((each) => each !== undefined);
  if (given.length > 1)
    throw new UsageError("give the body once: as an argument, with --data or with --file");
  return body === undefined ? options : { ...options, data: body };
}

/** Calls what is at `url`, and prints its answer. Errors: `CommandError` also for an answer of status 400 and above. */
export async function callAndPrint(
  tools: Tools,
  url: URL,
  method: string | undefined,
  options: CallingOptions,
): Promise<void> {
  const api = await tools.api();
  const body = await openBody(tools.io, options);
  const headers = {
    ...(body === undefined ? {} : { "Content-Type": options.contentType }),
    // A token is for the server alone, and not for whom a command line names besides.
    ...(url.origin === api.server.origin ? api.authorization() : {}),
    ...(options.async ? { "Fn-Invoke-Type": "detached" } : {}),
    ...(options.showTimeline ? { "Fn-Show-Timeline": "1" } : {}),
  };
  const request = { url, method: method ?? (body === undefined ? "GET" : "POST"), body };
  const quiet = tools.io.clock.after(STDIN_QUIET_MS, () => noteQuiet(tools, body));
  const answer = await send(api.server, {
    ...request,
    headers: mergedHeaders(headers, options.header),
  }).finally(() => quiet.cancel());
  tools.detail(`${request.method} ${url} ${answer.status}`);
  await printAnswer(tools, answer, options);
}

/** After this long it is said what the command waits for: a pipe may stay open, and empty, for ever. */
const STDIN_QUIET_MS = 1000;

function noteQuiet({ io, note }: Tools, body: Request["body"]): void {
  if (body !== io.stdin || io.stdin.readableDidRead || io.stdin.readableEnded) return;
  note("Reading the body from standard input, which has not ended: '</dev/null' is none.");
}

/** Where a path of an app is called. */
export function pathUrl(server: URL, app: string, path: string, options: Pick<CallingOptions, "async">): URL {
  // Only calls by trigger can be asked to be stored; every route is one.
  return (options.async ? triggerUrl : callUrl)(server, app, path);
}

/** Those that were given win over those that are sent by themselves. */
export function mergedHeaders(
  own: Readonly<Record<string, string>>,
  given: CallingOptions["header"],
): Request["headers"] {
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  return [...Object.entries(own).filter(([name]) => !names.has(name.toLowerCase())), ...given];
}

async function openBody(
  { stdin }: Io,
  { data, file }: CallingOptions,
): Promise<string | Readable | undefined> {
  if (data !== undefined) return data;
  if (file !== undefined && file !== "-") return await openFile(file);
  return isDevice(stdin) && file === undefined ? undefined : stdin;
}

/** A terminal, or what has nothing to give such as /dev/null: as with the `fn` of 2018, no body is expected from there. */
export function isDevice(stdin: Io["stdin"]): boolean {
  if (stdin.isTTY) return true;
  return "fd" in stdin && typeof stdin.fd === "number" && fstatSync(stdin.fd).isCharacterDevice();
}

async function openFile(path: string): Promise<Readable> {
  try {
    const file = await open(path);
    if ((await file.stat()).isFile()) return file.createReadStream();
    await file.close();
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
  throw new CommandError(`cannot read ${path}: it is not a file`);
}

async function printAnswer(tools: Tools, answer: Answer, options: CallingOptions): Promise<void> {
  const { status, headers } = answer;
  const callId = callIdIn(answer);
  if (options.displayCallId && callId !== undefined) tools.note(`Call ID: ${callId}`);
  if (options.showTimeline) printTimeline(tools, headers["server-timing"]);
  try {
    if (options.output === "json") {
      const body = await text(answer.body);
      tools.print(toSortedJson({ body, headers, status_code: status, call_id: callId }));
    } else {
      await pipeline(answer.body, tools.io.stdout, { end: false });
      if (options.async && status < 400 && callId !== undefined) tools.print(callId);
    }
  } catch {
    throw new CommandError("the answer broke off before its end");
  }
  if (status >= 400) throw new CommandError(`error calling function: status ${status}`);
}

/** Named with underscores by the servers of 2018, with hyphens by those after. */
export function callIdIn({ headers }: Answer): string | undefined {
  const id = headers["fn-call-id"] ?? headers.fn_call_id;
  return Array.isArray(id) ? id[0] : id;
}

/** `queue;dur=1.5, run;dur=20` as a line for each step. */
function printTimeline(tools: Tools, timing: string | string[] | undefined): void {
  const steps = [timing ?? []].flat().flatMap((line) => line.split(","));
  const rows = steps.flatMap((step) => {
    const [, name = "", ms = ""] = /^\s*([\w-]+)\s*;.*?\bdur=([\d.]+)/.exec(step) ?? [];
    return name === "" ? [] : [[name, `${ms.padStart(10)} ms`]];
  });
  tools.note(rows.length === 0 ? "The server tells no timeline." : table(rows));
}
