/** Several nodes on one database with a balancer in front, each of which can be ended and started again. */
import { join } from "node:path";
import { freePorts, type Owner, type Program, ready, startProgram, tempDir } from "./programs.ts";

export interface ClusterNode {
  /** `host:port`. */
  readonly name: string;
  readonly url: string;
  program: Program;
  /** Again, on the same port, after it has ended. */
  start(): Promise<void>;
  /** Ends it, and waits until it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly balancer: Program;
  readonly url: string;
  /** Every process of the cluster, its functions among them, has this in its environment or command line. */
  readonly dir: string;
}

interface NodesOptions {
  readonly nodeCount?: number;
  /** An SQLite file if absent. */
  readonly dbUrl?: string;
  readonly nodeArgs?: readonly string[];
}

/** Functions are those of `test/functions`, in processes. */
export async function startCluster(
  t: Owner,
  { nodeCount = 3, lbArgs = [], ...options }: NodesOptions & { readonly lbArgs?: readonly string[] } = {},
): Promise<Cluster> {
  const dir = tempDir(t);
  const firstPort = await freePorts(nodeCount + 1);
  const nodes = nodesOn(t, dir, firstPort + 1, { nodeCount, ...options });
  // The first one makes the database.
  for (const node of nodes) await node.start();

  const names = nodes.map(({ name }) => name).join(",");
  const balancer = startProgram(t, "fnlb", [
    ...["-listen", `127.0.0.1:${firstPort}`, "-mgmt-listen", `127.0.0.1:${firstPort}`],
    ...["-nodes", names, "-hc-interval", "1", "-log-level", "warn", ...lbArgs],
  ]);
  await ready(balancer);
  return { nodes, balancer, url: `http://127.0.0.1:${firstPort}`, dir };
}

/** Nodes on one database without a balancer, not started yet. */
export async function prepareNodes(
  t: Owner,
  options: NodesOptions & { readonly dir?: string } = {},
): Promise<readonly ClusterNode[]> {
  const { nodeCount = 3, dir = tempDir(t) } = options;
  return nodesOn(t, dir, await freePorts(nodeCount), { ...options, nodeCount });
}

function nodesOn(
  t: Owner,
  dir: string,
  firstPort: number,
  options: NodesOptions & { readonly nodeCount: number },
): ClusterNode[] {
  return Array.from({ length: options.nodeCount }, (_, i) => clusterNode(t, dir, firstPort + i, options));
}

function clusterNode(t: Owner, dir: string, port: number, options: NodesOptions): ClusterNode {
  const { dbUrl = `sqlite3://${join(dir, "fn.db")}`, nodeArgs = [] } = options;
  const args = [
    ...["-host", "127.0.0.1", "-port", String(port), "-node-name", `node-${port}`, "-driver", "process"],
    ...["-db", dbUrl, "-iofs-path", join(dir, `io-${port}`)],
    ...["-functions-root", join(import.meta.dirname, "../.."), "-log-level", "warn", ...nodeArgs],
  ];
  const launch = async () => {
    node.program = startProgram(t, "fnserver", args);
    await ready(node.program);
  };
  const node: ClusterNode = {
    name: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    // Replaced before anybody sees it: a cluster is given away when its nodes have started.
    program: undefined as unknown as Program,
    start: launch,
    async end(signal) {
      node.program.child.kill(signal);
      await node.program.ended;
    },
  };
  return node;
}
