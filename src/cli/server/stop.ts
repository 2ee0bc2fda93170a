import { type Command, Option } from "commander";
import { sleep } from "../../clock/clock.ts";
import { CommandError, type Io } from "../common/io.ts";
import { examples, parseSeconds } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { isRunning } from "./process-identity.ts";
import { type KnownProcess, type Run, RunFile } from "./run-file.ts";

/** How long calls that run may go on. */
const GRACE_SECONDS = 30;

/** No event tells of the end of a process that somebody else has started. */
const LOOK_AGAIN_MS = 25;

/** `fn stop` */
export function defineStop(command: Command, tools: Tools): void {
  command
    .addOption(
      new Option("--timeout <time>", "how long calls that run may go on, such as 90s or 5m")
        .argParser(parseSeconds)
        .default(GRACE_SECONDS, `${GRACE_SECONDS}s`),
    )
    .addHelpText("after", examples("fn stop", "fn stop --timeout 5m"))
    .action((options: { readonly timeout: number }) => stop(tools, options.timeout));
}

async function stop({ io, print }: Tools, graceSeconds: number): Promise<void> {
  const runFile = new RunFile(io.env);
  const run = runFile.read();
  if (!run) return print("Nothing runs that 'fn start' has started.");
  send(run, "SIGTERM");
  if (await hasEnded(io, run, graceSeconds * 1000)) return print("Stopped.");

  // The nodes first: what holds them together would otherwise still ask them to stop in order.
  for (const member of membersOf(run)) send(member, "SIGKILL");
  await hasEnded(io, run, 1000);
  runFile.release(run);
  throw new CommandError(
    `it had not stopped after ${graceSeconds} s and was killed; the next 'fn start' ends the functions that are left`,
  );
}

function membersOf(run: Run): readonly KnownProcess[] {
  return [...run.nodes, ...(run.balancer ? [run.balancer] : []), run];
}

/** Only to the process that is meant, and not to a later one with its pid. False when it has ended. */
function send(known: KnownProcess, signal: "SIGTERM" | "SIGKILL"): boolean {
  if (!isRunning(known)) return false;
  try {
    return process.kill(known.pid, signal);
  } catch {
    return false;
  }
}

async function hasEnded({ clock }: Io, known: KnownProcess, waitMs: number): Promise<boolean> {
  const endMs = clock.nowMs() + waitMs;
  while (isRunning(known)) {
    if (clock.nowMs() >= endMs) return false;
    await sleep(clock, LOOK_AGAIN_MS);
  }
  return true;
}
