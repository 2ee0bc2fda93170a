/** `npm start`: some nodes that share one database, a balancer in front of them, and two functions to call. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "./children.ts";
import { choice, integer, parseFlags, text } from "./flags.ts";
import { readMachine } from "./machine.ts";

const MIB = 1024 * 1024;
const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** What is there to be called right after the start. */
const ROUTES = [
  { app: "demo", path: "/hello", image: "dir:functions/hello" },
  { app: "primesapp", path: "/primes", image: "dir:functions/primes" },
];

const BALANCER = "balancer";

const settings = parseFlags({
  name: "npm start --",
  summary: "Starts some nodes, a balancer in front of them, and two functions to call.",
  flags: {
    nodes: integer("how many nodes", 3, { min: 1, max: 50 }),
    port: integer("port of the balancer; the nodes listen on the ports after it", 8081, {
      min: 1,
      max: 65_000,
    }),
    driver: choice("what runs containers", "process", ["process", "docker"]),
    data: text("folder for the database and the logs", "data", { placeholder: "dir" }),
  },
});

const dataDir = resolve(settings.data);
const balancer = `127.0.0.1:${settings.port}`;
const nodes = Array.from({ length: settings.nodes }, (_, i) => `127.0.0.1:${settings.port + 1 + i}`);
const running = new Set<Child>();
let isStopping = false;

process.on("SIGINT", stop);
process.on("SIGTERM", stop);

try {
  await start();
} catch (error) {
  if (!isStopping) {
    process.stderr.write(`npm start: ${error instanceof Error ? error.message : error}\n`);
    await stop(1);
  }
}

async function start(): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  await Promise.all(nodes.map(startNode).map((node) => node.ready()));
  await deploy();
  await startBalancer().ready();
  for (const child of running) void child.ended.then((sentence) => onEnd(child, sentence));
  say();
}

function startNode(address: string): Child {
  const port = address.slice(address.indexOf(":") + 1);
  return startChild({
    title: `node ${port}`,
    program: "fnserver",
    args: ["-host", "127.0.0.1", "-port", port, "-driver", settings.driver, "-functions-root", projectRoot],
    env: {
      FN_DB_URL: `sqlite3://${join(dataDir, "fn.db")}`,
      FN_MAX_TOTAL_MEMORY_BYTES: process.env.FN_MAX_TOTAL_MEMORY_BYTES ?? String(memoryPerNode()),
    },
  });
}

function startBalancer(): Child {
  const args = ["-nodes", nodes.join(","), "-listen", balancer, "-mgmt-listen", balancer];
  return startChild({ title: BALANCER, program: "fnlb", args, env: {} });
}

function startChild(options: Omit<ConstructorParameters<typeof Child>[0], "logFile">): Child {
  const child = new Child({ ...options, logFile: join(dataDir, `${options.title.replace(" ", "-")}.log`) });
  running.add(child);
  return child;
}

/** The nodes share one machine, so each gets its part of the memory, in bytes. */
function memoryPerNode(): number {
  return Math.floor(readMachine().memoryMib / nodes.length) * MIB;
}

/** PUT makes the app and the route, and changes nothing when they are there. */
async function deploy(): Promise<void> {
  for (const { app, path, image } of ROUTES) {
    const answer = await fetch(`http://${nodes[0]}/v1/apps/${app}/routes${path}`, {
      method: "PUT",
      body: JSON.stringify({ route: { image } }),
    });
    if (!answer.ok) throw new Error(`${app}${path} could not be deployed: ${await answer.text()}`);
  }
}

function say(): void {
  const lines = [
    `balancer   http://${balancer}`,
    `dashboard  http://${balancer}/1/lb/dash`,
    ...nodes.map((node, i) => `${i === 0 ? "nodes    " : "         "}  http://${node}`),
    `logs       ${dataDir}`,
    "",
    `  curl -d Ada http://${balancer}/r/demo/hello`,
    `  bin/fnlb-test-harness -lb ${balancer} -nodes ${nodes.join(",")} -max 1000`,
    "",
    ...(settings.driver === "process"
      ? ["Functions run as plain processes of your user: the process driver is no sandbox."]
      : []),
    "Ctrl-C stops everything.",
    "ready",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** A node that ends leaves its calls to the others; without the balancer, or without any node, nothing is left to do. */
function onEnd(child: Child, sentence: string): void {
  if (isStopping) return;
  running.delete(child);
  const nodesLeft = running.size - 1;
  const canGoOn = child.title !== BALANCER && nodesLeft > 0;
  process.stderr.write(`npm start: ${sentence}\n`);
  if (canGoOn) process.stderr.write(`npm start: going on with ${nodesLeft} of ${nodes.length} nodes\n`);
  else void stop(1);
}

/** Stops the balancer and the nodes; a second signal ends them at once. */
async function stop(reason: NodeJS.Signals | number): Promise<void> {
  if (!isStopping && typeof reason !== "number") process.stderr.write("stopping\n");
  isStopping = true;
  await Promise.all([...running].map((child) => child.stop()));
  process.exit(typeof reason === "number" ? reason : 0);
}
