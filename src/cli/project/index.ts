import type { CommandEntry } from "../commands.ts";

/** Commands about the folder of a function. */
export const PROJECT_COMMANDS: readonly CommandEntry[] = [
  {
    name: "init",
    summary: "begin a function in a folder",
    load: async () => (await import("./init.ts")).defineInit,
  },
  {
    name: "run",
    summary: "run a function once, without a server",
    load: async () => (await import("./run.ts")).defineRun,
  },
  {
    name: "test",
    summary: "run the test cases of a function",
    load: async () => (await import("./test.ts")).defineTest,
  },
  {
    name: "deploy",
    summary: "put a function on a server; --watch: again on each save",
    load: async () => (await import("./deploy.ts")).defineDeploy,
  },
  {
    name: "build",
    summary: "make the image of a function",
    load: async () => (await import("./build.ts")).defineBuild,
  },
  {
    name: "bump",
    summary: "raise the version of a function",
    load: async () => (await import("./bump.ts")).defineBump,
  },
  {
    name: "push",
    summary: "push the image of a function to its registry",
    load: async () => (await import("./push.ts")).definePush,
  },
];
