import type { CommandEntry } from "../commands.ts";

/** The commands about what runs on this machine. */
export const SERVER_COMMANDS: readonly CommandEntry[] = [
  {
    name: "start",
    summary: "start a node, or several behind a balancer",
    load: async () => (await import("./start.ts")).defineStart,
  },
  {
    name: "stop",
    summary: "stop what 'fn start' has started",
    load: async () => (await import("./stop.ts")).defineStop,
  },
  {
    name: "status",
    summary: "what runs, and how it is",
    load: async () => (await import("./status.ts")).defineStatus,
  },
];
