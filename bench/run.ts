/** `npm run bench -- NAME`: runs one benchmark, reports to people on stderr and to programs in one line on stdout. */
import { once } from "node:events";
import { cpus, loadavg } from "node:os";
import { choice, EXIT_USAGE, integer, parseFlags } from "../src/main/flags.ts";
import type { Bench, DriverChoice, DriverName } from "./bench.ts";
import { burst } from "./burst.ts";
import { callPages } from "./calls.ts";
import { cold } from "./cold.ts";
import { isEngineThere } from "./engine.ts";
import { lbForward } from "./lb-forward.ts";
import { lbPlace } from "./lb-place.ts";
import { nodeHot } from "./node-hot.ts";
import { nodeHotStdio } from "./node-hot-stdio.ts";
import { Programs } from "./programs.ts";
import { records } from "./records.ts";
import { thousand } from "./thousand.ts";

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ["node-hot", nodeHot],
  ["node-hot-stdio", nodeHotStdio],
  ["records", records],
  ["burst", burst],
  ["cold", cold],
  ["thousand", thousand],
  ["lb-forward", lbForward],
  ["lb-place", lbPlace],
  ["calls", callPages],
]);

const SIZES = { full: { rounds: 5, seconds: 3 }, tiny: { rounds: 1, seconds: 0.2 } } as const;
type Size = keyof typeof SIZES;

class Interrupted extends Error {}

/** What a shell gives for a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

const [, , name = "", ...args] = process.argv;
const bench = BENCHES.get(name);
if (bench) await run(bench);
else usage();

async function run({ summary, drivers, run }: Bench): Promise<void> {
  const {
    seconds,
    size,
    calls,
    driver: asked,
  } = parseFlags(
    {
      name: `npm run bench -- ${name}`,
      summary,
      flags: {
        seconds: integer("how long each turn takes; 0 for what the size says", 0, { min: 0, max: 3600 }),
        driver: choice<DriverChoice>("what runs the functions", drivers[0], drivers),
        calls: integer("how many calls there are; 0 for what the size says", 0, { min: 0, max: 1e9 }),
        size: choice<Size>("tiny only shows that the benchmark works", "full", ["full", "tiny"]),
      },
    },
    args,
  );
  const interruption = interrupted();
  const { rounds } = SIZES[size];
  const turnSeconds = seconds || SIZES[size].seconds;
  const programs = new Programs();
  const driver = await driverOf(asked);
  const load = loadavg()[0];
  say(`${name}: ${summary}`);
  say(`${cpus().length} cores, load ${load?.toFixed(2)} before the start; functions run with: ${driver}`);
  try {
    const stage = { programs, driver, isTiny: size === "tiny", calls, rounds, seconds: turnSeconds, say };
    const result = await Promise.race([run(stage), interruption]);
    const line = { bench: name, driver, rounds, seconds: turnSeconds, load, ...result };
    process.stdout.write(`${JSON.stringify(line, shortNumbers)}\n`);
  } catch (error) {
    fail(name, error);
  }
  await programs.close().catch((error) => fail(name, error));
  // Whatever an interrupted benchmark still waits for.
  process.exit();
}

function fail(name: string, error: unknown): void {
  say(`${name}: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof Interrupted ? EXIT_INTERRUPTED : 1;
}

async function driverOf(choice: DriverChoice): Promise<DriverName> {
  if (choice !== "auto") return choice;
  return (await isEngineThere()) ? "docker" : "process";
}

/** Rejects on Ctrl-C and on SIGTERM. */
async function interrupted(): Promise<never> {
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  throw new Interrupted("interrupted");
}

function usage(): void {
  say("Usage: npm run bench -- NAME [--driver process|docker] [--seconds N] [--calls N] [--size tiny]");
  for (const [each, { summary }] of BENCHES) say(`  ${each.padEnd(15)} ${summary}`);
  process.exitCode = EXIT_USAGE;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Four digits are more than a measurement on a shared machine is worth. */
function shortNumbers(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
