/** The harness: reads flags and hands the process to `harness/`. */
import { systemClock } from "../clock/clock.ts";
import { runHarness } from "../harness/harness.ts";
import { formatAddress, parseFlags } from "./flags.ts";
import { harnessProgram } from "./harness-program.ts";

const flags = parseFlags(harnessProgram);

process.exitCode = await runHarness(
  {
    balancer: formatAddress({ host: flags.lb.host ?? "localhost", port: flags.lb.port }),
    nodes: flags.nodes,
    route: flags.route,
    image: flags.image,
    calls: flags.calls,
    concurrency: flags.concurrency,
    max: flags.max,
    loops: flags.loops,
    timeoutMs: flags.timeout * 1000,
    errorsMax: flags["max-errors"],
    nodesMax: flags["expect-nodes-max"],
    isVerbose: flags.v,
    isJson: flags.json,
  },
  systemClock,
  {
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  },
);
