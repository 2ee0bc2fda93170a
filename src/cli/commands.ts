import type { Command } from "commander";
import type { Tools } from "./common/tools.ts";
import { PROJECT_COMMANDS } from "./project/index.ts";
import { SERVER_COMMANDS } from "./server/index.ts";

/** What adds arguments, options and actions to a command. */
export type Define = (command: Command, tools: Tools) => void | Promise<void>;

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads what is in the command: only for a command line that uses it, so that help stays quick. */
  readonly load: () => Promise<Define>;
}

export interface CommandGroup {
  /** As the help shows it. */
  readonly heading: string;
  readonly commands: readonly CommandEntry[];
}

/** All commands, in the order of the help. Nouns have their verbs below them: `fn apps create`. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    heading: "Functions",
    commands: [
      {
        name: "apps",
        summary: "named groups of functions",
        load: async () => (await import("./manage/apps.ts")).defineApps,
      },
      {
        name: "fns",
        summary: "functions: what to run, and how",
        load: async () => (await import("./manage/fns.ts")).defineFns,
      },
      {
        name: "triggers",
        summary: "HTTP paths that lead to functions",
        load: async () => (await import("./manage/triggers.ts")).defineTriggers,
      },
      {
        name: "routes",
        summary: "functions with their paths, as in 2018",
        load: async () => (await import("./manage/routes.ts")).defineRoutes,
      },
      {
        name: "invoke",
        summary: "call a function by its name",
        load: async () => (await import("./manage/invoke.ts")).defineInvoke,
      },
      {
        name: "call",
        summary: "call a function by its path",
        load: async () => (await import("./manage/call.ts")).defineCall,
      },
      {
        name: "calls",
        summary: "calls that wait, run or have ended",
        load: async () => (await import("./manage/calls.ts")).defineCalls,
      },
      {
        name: "logs",
        summary: "what functions write to stderr",
        load: async () => (await import("./manage/logs.ts")).defineLogs,
      },
    ],
  },
  { heading: "Project", commands: PROJECT_COMMANDS },
  {
    heading: "Server",
    commands: [
      ...SERVER_COMMANDS,
      {
        name: "lb",
        summary: "the nodes behind a balancer, and its traffic",
        load: async () => (await import("./manage/balancer.ts")).defineBalancer,
      },
      {
        name: "version",
        summary: "the versions of this program and of the server",
        load: async () => (await import("./manage/version.ts")).defineVersion,
      },
    ],
  },
  {
    heading: "Settings",
    commands: [
      {
        name: "contexts",
        summary: "servers by name, with registry and token",
        load: async () => (await import("./manage/contexts.ts")).defineContexts,
      },
      {
        name: "tokens",
        summary: "who may do what on a server",
        load: async () => (await import("./manage/tokens.ts")).defineTokens,
      },
      {
        name: "completion",
        summary: "a script that completes commands in bash, zsh or fish",
        load: async () => (await import("./completion/command.ts")).defineCompletion,
      },
    ],
  },
  {
    heading: "Verb first",
    commands: (
      [
        ["create", "make something: fn create app demo"],
        ["list", "list things: fn list fns demo"],
        ["inspect", "show something as JSON"],
        ["update", "change something"],
        ["delete", "delete something"],
        ["get", "show a call, a log, a value of a config"],
        ["config", "set a value of a config: fn config app demo KEY VALUE"],
        ["unset", "remove a value of a config, or the choice of a context"],
        ["use", "choose a context"],
        ["cancel", "cancel a call that nobody waits for"],
        ["redrive", "run calls again that failed for good"],
      ] as const
    ).map(([name, summary]) => ({
      name,
      summary,
      load: async () => (await import("./verbs.ts")).defineVerb,
    })),
  },
];
