/** The command line: hands the process to `cli/`. */

import { runFn } from "../cli/run.ts";
import { systemClock } from "../clock/clock.ts";
import { HOTFN_VERSION } from "./version.ts";

// Who closes the pipe has seen enough: `fn apps list | head -1` is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runFn(process.argv.slice(2), {
  // Opened only by the commands that read it.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  version: HOTFN_VERSION,
});
