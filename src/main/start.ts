/** `npm start`: some nodes that share one database, a balancer in front of them, and two functions to call. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Cluster } from "../cli/server/cluster.ts";
import { runCluster } from "../cli/server/run-cluster.ts";
import { choice, integer, parseFlags, text } from "./flags.ts";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
/** Where `bin/launch` keeps it, too. */
const compileCache = fileURLToPath(new URL("../../node_modules/.cache/node", import.meta.url));

/** What is there to be called right after the start. */
const ROUTES = [
  { app: "demo", path: "/hello", image: "dir:functions/hello" },
  { app: "primesapp", path: "/primes", image: "dir:functions/primes" },
];

const settings = parseFlags({
  name: "npm start --",
  summary: "Starts some nodes, a balancer in front of them, and two functions to call.",
  flags: {
    nodes: integer("how many nodes", 3, { min: 1, max: 50 }),
    port: integer("port of the balancer; the nodes listen on the ports after it", 8081, {
      min: 1,
      max: 65_000,
    }),
    driver: choice<"process" | "docker">("what runs containers", "process", ["process", "docker"]),
    data: text("folder for the database and the logs", "data", { placeholder: "dir" }),
  },
});

const dataDir = resolve(settings.data);
const cluster = new Cluster(
  {
    nodeCount: settings.nodes,
    hasBalancer: true,
    port: settings.port,
    driver: settings.driver,
    dataDir,
    functionsRoot: projectRoot,
    env: {
      NODE_COMPILE_CACHE: compileCache,
      ...process.env,
      // The folder that was asked for is the one that has the data.
      FN_DB_URL: undefined,
    },
  },
  note,
);

try {
  await runCluster(cluster, {
    async onReady() {
      await deploy();
      say();
    },
    onStop: () => process.stderr.write("stopping\n"),
  });
  process.exit(0);
} catch (error) {
  note(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/** PUT makes the app and the route, and changes nothing when they are there. */
async function deploy(): Promise<void> {
  for (const { app, path, image } of ROUTES) {
    const answer = await fetch(`http://${cluster.address}/v1/apps/${app}/routes${path}`, {
      method: "PUT",
      body: JSON.stringify({ route: { image } }),
    });
    if (!answer.ok) throw new Error(`${app}${path} could not be deployed: ${await answer.text()}`);
  }
}

function say(): void {
  const balancer = cluster.address;
  const nodes = cluster.nodes.map(({ address }) => address);
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

function note(sentence: string): void {
  process.stderr.write(`npm start: ${sentence}\n`);
}
