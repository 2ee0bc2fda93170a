import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { type Command, InvalidArgumentError, Option } from "commander";
import { CommandError, type Environment, type Io } from "../common/io.ts";
import { addOptions, examples, parseCount, parseNumber } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { Cluster, type ClusterOptions, DRIVERS, type Member } from "./cluster.ts";
import { startDetached } from "./detached.ts";
import { processIdentity } from "./process-identity.ts";
import { runCluster } from "./run-cluster.ts";
import { type KnownProcess, type Run, RunFile, type RunMember } from "./run-file.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error", "fatal"];

const NODES_MAX = 50;
/** So that the nodes behind a balancer find ports above its own. */
const PORT_MAX = 65_535 - NODES_MAX;

/** Where commands go that are not told otherwise. */
const USUAL_ADDRESS = "127.0.0.1:8080";

/** `fn start` */
export function defineStart(command: Command, tools: Tools): void {
  addOptions(command, [
    new Option("-n, --nodes <count>", "how many nodes; from two on, a balancer is in front of them")
      .argParser(parseNodes)
      .default(1),
    new Option("-p, --port <port>", "where callers come; 0 for any port that is free")
      .argParser(parsePort)
      .default(8080),
    new Option(
      "--driver <driver>",
      "what runs functions (default: docker where an engine answers, else process)",
    ).choices(DRIVERS),
    new Option("-d, --detach", "leave it running, until 'fn stop'"),
    new Option("--data <folder>", "for the database, the logs and deployed functions (default: ~/.fn/data)"),
    new Option(
      "--functions-root <folder>",
      "folders below it can be functions (default: 'functions' in the data folder)",
    ),
    new Option("--log-level <level>", "how much the programs log (default: info)").choices(LOG_LEVELS),
    new Option(
      "--env-file <file>",
      "settings of the programs, as lines NAME=VALUE; they win over the environment",
    ),
  ])
    .addHelpText(
      "after",
      examples("fn start", "fn start -d --nodes 3", "fn start --port 9000 --env-file dev.env"),
    )
    .action((options: StartOptions) => start(tools, options));
}

interface StartOptions {
  readonly nodes: number;
  readonly port: number;
  readonly driver?: ClusterOptions["driver"];
  readonly detach?: boolean;
  readonly data?: string;
  readonly functionsRoot?: string;
  readonly logLevel?: string;
  readonly envFile?: string;
}

async function start(tools: Tools, options: StartOptions): Promise<void> {
  const cluster = clusterOptions(tools.io, options);
  if (options.detach) announce(tools, await startDetached(tools.io, cluster));
  else await runHere(tools, cluster);
}

/** Runs it until a signal comes. */
async function runHere(tools: Tools, options: ClusterOptions): Promise<void> {
  const { io, note } = tools;
  const runFile = new RunFile(io.env);
  const cluster = new Cluster(options, note);
  const starting: Run = {
    ...known(process.pid),
    version: io.version,
    since: new Date(io.clock.nowMs()).toISOString(),
    dataDir: options.dataDir,
    address: "",
    nodes: [],
  };
  runFile.claim(starting);
  try {
    await runCluster(cluster, {
      onReady() {
        const run = { ...starting, ...membersOf(cluster) };
        runFile.update(run);
        if (!tellStarter()) announce(tools, run);
      },
      onStop: () => note("stopping"),
    });
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  } finally {
    runFile.release(starting);
  }
}

/** Tells the process that leaves this one running, if there is one. */
function tellStarter(): boolean {
  return process.send?.({ isReady: true }) ?? false;
}

function membersOf({ address, nodes, balancer }: Cluster): Pick<Run, "address" | "nodes" | "balancer"> {
  return { address, nodes: nodes.map(noted), ...(balancer && { balancer: noted(balancer) }) };
}

function noted({ title, address, pid }: Member): RunMember {
  return { title, address, ...known(pid) };
}

function known(pid: number): KnownProcess {
  return { pid, identity: processIdentity(pid) ?? "" };
}

function announce({ print }: Tools, { address, nodes, balancer, dataDir, pid }: Run): void {
  const url = `http://${address}`;
  const behind = nodes.map((node) => node.address).join(" ");
  print(
    [
      `server     ${url}`,
      ...(balancer ? [`dashboard  ${url}/1/lb/dash`, `nodes      ${behind}`] : []),
      `data       ${dataDir}`,
      "",
      ...(address === USUAL_ADDRESS ? [] : [`  export FN_API_URL=${url}`]),
      "  fn init --runtime typescript hello && cd hello",
      "  fn deploy --app demo --local",
      "  fn invoke demo hello",
      "",
      pid === process.pid ? "Ctrl-C stops it." : "'fn status' shows how it is, 'fn stop' stops it.",
    ].join("\n"),
  );
}

function clusterOptions(io: Io, options: StartOptions): ClusterOptions {
  const { nodes, port, driver, data, functionsRoot, logLevel, envFile } = options;
  const env = { ...io.env, ...(envFile === undefined ? {} : readEnvFile(resolve(io.cwd, envFile))) };
  const dataDir = resolve(io.cwd, data ?? join(homeOf(io.env), ".fn", "data"));
  const root = functionsRoot ?? env.FN_FUNCTIONS_ROOT ?? join(dataDir, "functions");
  return {
    nodeCount: nodes,
    hasBalancer: nodes > 1,
    port,
    driver,
    dataDir,
    functionsRoot: resolve(io.cwd, root),
    logLevel,
    env,
  };
}

function homeOf({ HOME }: Environment): string {
  if (HOME) return HOME;
  throw new CommandError("HOME is not set, so name a folder with --data");
}

function readEnvFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function parseNodes(text: string): number {
  const count = parseCount(text);
  if (count <= NODES_MAX) return count;
  throw new InvalidArgumentError(`Give at most ${NODES_MAX}.`);
}

function parsePort(text: string): number {
  const port = parseNumber(text);
  if (port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`Give a number from 0 to ${PORT_MAX}.`);
}
