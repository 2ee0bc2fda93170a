import { Command, CommanderError } from "commander";
import { SERVER_URL_DEFAULT } from "./api/server-url.ts";
import { CommandError, type Io, UsageError } from "./common/io.ts";
import { createTools, type Tools } from "./common/tools.ts";

/** Exit codes: the command did what it was asked for, it failed, it was used in a wrong way. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** Runs one command line of `fn`, without the name of the program, and gives its exit code. */
export async function runFn(argv: readonly string[], io: Io): Promise<number> {
  // Held back until it is known whether this is the help that was meant, or a complaint.
  let complaint = "";
  const program = new Command("fn")
    .description("Functions on your own machines: apps, routes to functions, and calls of them.")
    .version(`fn version ${io.version}`, "--version", "print the version of this program")
    .addHelpText("after", `\nEnvironment:\n${ENVIRONMENT_HELP}`)
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => {
        complaint += text;
      },
      outputError: (text, write) => write(text.replace(/^error: /, "ERROR: ")),
    })
    .exitOverride();

  try {
    await define(program, argv, createTools(io));
    await program.parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      // A group without a command prints its help, which is what was asked for.
      const isHelp = error.exitCode === 0 || error.code === "commander.help";
      (isHelp ? io.stdout : io.stderr).write(complaint);
      return isHelp ? EXIT.ok : EXIT.usage;
    }
    io.stderr.write(`ERROR: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof CommandError) && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
}

const ENVIRONMENT_HELP = `  FN_API_URL  the server or balancer to talk to (default: ${SERVER_URL_DEFAULT})
  FN_TOKEN    sent as a bearer token with every request
`;

interface Group {
  readonly summary: string;
  /** Loads what adds the commands of the group. */
  readonly load: () => Promise<(group: Command, tools: Tools) => void>;
}

const GROUPS: Readonly<Record<string, Group>> = {
  apps: {
    summary: "named groups of functions: create, configure, list, delete them",
    load: async () => (await import("./manage/apps.ts")).defineApps,
  },
  routes: {
    summary: "paths of an app that lead to functions",
    load: async () => (await import("./manage/routes.ts")).defineRoutes,
  },
  call: {
    summary: "call a function: fn call <app> </path>",
    load: async () => (await import("./manage/call.ts")).defineCall,
  },
  calls: {
    summary: "calls that have ended",
    load: async () => (await import("./manage/calls.ts")).defineCalls,
  },
  logs: {
    summary: "what functions wrote to stderr during calls",
    load: async () => (await import("./manage/calls.ts")).defineLogs,
  },
  version: {
    summary: "print the versions of this program and of the server",
    load: async () => (await import("./manage/version.ts")).defineVersion,
  },
};

/** All groups by name, but only those that the command line mentions with what is in them: help stays quick. */
async function define(program: Command, argv: readonly string[], tools: Tools): Promise<void> {
  for (const [name, { summary, load }] of Object.entries(GROUPS)) {
    const group = program.command(name).description(summary);
    if (argv.includes(name)) (await load())(group, tools);
  }
}
