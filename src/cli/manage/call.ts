import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { cleanRoutePath } from "../../model/route.ts";
import { type Invocation, invoke } from "../api/invoke.ts";
import { callUrl } from "../api/server-url.ts";
import { CommandError } from "../common/io.ts";
import { parseMethod, parseRequestHeader } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";

/** `fn call`, which is also `fn routes call`. */
export function defineCall(command: Command, tools: Tools): void {
  command
    .description("call a function; what is piped in is the body, and the answer goes to standard output")
    .argument("<app>")
    .argument("</path>")
    .option("--method <method>", "HTTP method; POST with a body, else GET", parseMethod)
    .option("--header <NAME:VALUE>", "add a header to the request; repeatable", parseRequestHeader, [])
    .option("--content-type <type>", "content type of the body", "application/json")
    .option("--data <text>", "the body, instead of standard input")
    .option("--display-call-id", "print the id of the call on standard error")
    .action((app: string, path: string, options: CallOptions) => call(tools, app, path, options));
}

interface CallOptions {
  readonly method?: string;
  readonly header: readonly (readonly [string, string])[];
  readonly contentType: string;
  readonly data?: string;
  readonly displayCallId?: boolean;
}

async function call(tools: Tools, app: string, path: string, options: CallOptions): Promise<void> {
  const { api, io } = tools;
  const url = callUrl(api.server, app, cleanRoutePath(path));
  const answer = await invoke(api.server, invocation(tools, url, options));
  if (options.displayCallId && answer.callId !== undefined) tools.note(`Call ID: ${answer.callId}`);
  await pipeline(answer.body, io.stdout, { end: false }).catch(() => {
    throw new CommandError("the answer broke off before its end");
  });
  if (answer.status >= 400) throw new CommandError(`error calling function: status ${answer.status}`);
}

function invocation({ api, io }: Tools, url: URL, options: CallOptions): Invocation {
  const body = options.data ?? (io.stdin.isTTY ? undefined : io.stdin);
  const headers = Object.entries({
    ...(body === undefined ? {} : { "Content-Type": options.contentType }),
    ...api.authorization(),
  });
  const isGiven = (name: string) =>
    options.header.some(([given]) => given.toLowerCase() === name.toLowerCase());
  return {
    url,
    method: options.method ?? (body === undefined ? "GET" : "POST"),
    headers: [...headers.filter(([name]) => !isGiven(name)), ...options.header],
    body,
  };
}
