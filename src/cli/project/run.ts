import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Command, InvalidArgumentError } from "commander";
import { within } from "../../clock/clock.ts";
import type { ApiClient } from "../api/api-client.ts";
import { readLogEvents } from "../api/log-events.ts";
import { callUrl } from "../api/server-url.ts";
import { CommandError, type Io } from "../common/io.ts";
import { addOptions, examples, pairsOption, parseCount, parseMethod } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { addCallingOptions, type CallingOptions, callAndPrint, isDevice } from "../manage/calling.ts";
import { type BuildChoice, buildOptions } from "./build-options.ts";
import { expectedConfig } from "./expected-config.ts";
import { folderOf, workingDirOption } from "./folder-option.ts";
import { imageToRun } from "./image-to-run.ts";
import { calledPath } from "./plan.ts";
import { PRIVATE_APP, withPrivateNode } from "./private-node.ts";
import { findAppFile, type Project, readProject } from "./project.ts";

/** Where Node's debugger listens unless told. */
const INSPECT_PORT = 9229;

/** Longest that a call may take that is stopped at breakpoints, in seconds. Source: section 8.2 of the API reference. */
const INSPECTED_TIMEOUT_S = 300;

/** What is not told of a log after this long is left out. */
const LOG_WAIT_MS = 1000;

/** `fn run` */
export function defineRun(command: Command, tools: Tools): void {
  addCallingOptions(command)
    .description(
      "run a function once on a node of its own, and print its answer; what is piped in is the body",
    )
    .argument("[dir]", "the function's folder; the current one unless given")
    .addOption(pairsOption("-e, --env <K=V>", "set a variable of the function", tools.io.env))
    .option("--method <method>", "HTTP method; POST with a body, else GET", parseMethod)
    .option("--format <format>", "how the call reaches the function; as in its file unless given")
    .option("--memory <MiB>", "memory of the container; as in its file unless given", parseCount)
    .option("--runs <count>", "call it so often", parseCount, 1)
    .option(
      "--inspect [port]",
      `open Node's debugger on this port of this machine, ${INSPECT_PORT} unless given, and stay until Ctrl-C`,
      parsePort,
    );
  addOptions(command, [...buildOptions(), workingDirOption()])
    .addHelpText(
      "after",
      examples(
        "fn run",
        `echo '{"name":"Ada"}' | fn run`,
        "fn run --inspect",
        "fn run --data Ada --runs 3 hello",
      ),
    )
    .action((dir: string | undefined, options: RunChoice) => run(tools, dir, options));
}

interface RunChoice extends CallingOptions, BuildChoice {
  readonly env?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly format?: string;
  readonly memory?: number;
  readonly runs: number;
  /** True for the usual port. */
  readonly inspect?: number | true;
  readonly workingDir?: string;
}

async function run(tools: Tools, dir: string | undefined, options: RunChoice): Promise<void> {
  const folder = folderOf(tools, options, dir);
  const project = chosenSettings(tools, await readProject(folder, await findAppFile(folder)), options);
  const image = await imageToRun(tools, project, options);
  const hasEnded = await withPrivateNode(tools, project, image, async (api) => {
    const logs = printLogs(tools, api, options.runs);
    const url = callUrl(api.server, PRIVATE_APP, calledPath(project));
    const input = await repeatableInput(tools.io, options);
    for (let i = 0; i < options.runs; i++) {
      const onNode = { ...tools, io: { ...tools.io, stdin: input() }, api: async () => api };
      await callAndPrint(onNode, url, options.method, options);
    }
    // A log comes a moment after its answer.
    await within(tools.io.clock, LOG_WAIT_MS, logs);
    if (options.inspect === undefined) return true;
    tools.note(`Debug it at chrome://inspect or in your editor: 127.0.0.1:${inspectPort(options)}`);
    tools.note(`Call it at ${url}; Ctrl-C ends.`);
    return new Promise<true>(() => {});
  });
  if (!hasEnded && options.inspect === undefined) throw new CommandError("interrupted");
}

/** The standard input, for one call as it comes, for several read first and given to each. */
async function repeatableInput({ stdin }: Io, { runs, data, file }: RunChoice): Promise<() => Io["stdin"]> {
  const isBody = data === undefined && (file === "-" || (file === undefined && !isDevice(stdin)));
  if (runs === 1 || !isBody) return () => stdin;
  const bytes = await buffer(stdin);
  return () => Readable.from([bytes]);
}

/** The settings of the file, and over them those of the command line. */
function chosenSettings(tools: Tools, project: Project, options: RunChoice): Project {
  const { settings } = project;
  const isInspected = options.inspect !== undefined;
  const debugging: Record<string, string> = isInspected
    ? { NODE_OPTIONS: `--inspect=127.0.0.1:${inspectPort(options)}` }
    : {};
  const config = { ...settings.config, ...expectedConfig(tools, project, options.env ?? {}), ...debugging };
  return {
    ...project,
    settings: {
      ...settings,
      config,
      // As it is in the file, which has been checked; the server checks what is given here.
      format: (options.format ?? settings.format) as typeof settings.format,
      memory: options.memory ?? settings.memory,
      type: "sync",
      ...(isInspected ? { timeout: INSPECTED_TIMEOUT_S, idle_timeout: 3600 } : {}),
    },
  };
}

function inspectPort({ inspect }: RunChoice): number {
  return typeof inspect === "number" ? inspect : INSPECT_PORT;
}

function parsePort(text: string): number {
  const port = parseCount(text);
  if (port <= 65_535) return port;
  throw new InvalidArgumentError("Give a number from 1 to 65535.");
}

/** What the function logs, as it does, until so many calls have ended. */
async function printLogs({ io }: Tools, api: ApiClient, calls: number): Promise<void> {
  let ended = 0;
  try {
    for await (const event of readLogEvents(api, { app: PRIVATE_APP })) {
      if (event.type === "log") io.stderr.write(event.text);
      if (event.type === "end" && ++ended === calls) return;
    }
  } catch {
    // The node has ended: that is told elsewhere.
  }
}
