/** What happens to calls when a node behind the balancer dies, hangs or is replaced, or the balancer itself is. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Cluster, type ClusterNode, startCluster } from "./support/cluster.ts";
import { Load } from "./support/load.ts";
import { createRoute, eventually, processesWith } from "./support/programs.ts";

const CALLERS = 6;
const FUNCTIONS = 12;

/** Until an answer of a node has begun, in seconds, where a test needs a node to be given up. */
const FIRST_BYTE_S = 2;

/** Many functions, so that every node is the home of some. */
async function createFunctions({ nodes, url }: Cluster): Promise<string[]> {
  const paths = Array.from({ length: FUNCTIONS }, (_, i) => `/f${i}`);
  const [first] = nodes;
  if (!first) throw new Error("a cluster without nodes");
  for (const path of paths) {
    await createRoute({ program: first.program, url: first.url, dir: "" }, path, "unruly", { timeout: 20 });
  }
  return paths.map((path) => `${url}/r/t${path}?do=sleep&amount=5`);
}

async function homeOf(url: string): Promise<string> {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get("fn-node") ?? "";
}

async function homesOf(urls: readonly string[]): Promise<string[]> {
  const homes: string[] = [];
  for (const url of urls) homes.push(await homeOf(url));
  return homes;
}

function nodeNamed(nodes: readonly ClusterNode[], name: string | undefined): ClusterNode {
  const node = nodes.find(({ url }) => `node-${new URL(url).port}` === name);
  return node ?? assert.fail(`no node ${name}`);
}

function tellsFailures(load: Load): string {
  return JSON.stringify(load.failures.slice(0, 3));
}

async function served(load: Load, more: number): Promise<void> {
  const enough = load.outcomes.length + more;
  await eventually(() => load.outcomes.length >= enough, `${more} more calls`, 60_000);
}

describe("a node behind the balancer", () => {
  test("that is killed with -9 under load fails no call that may be repeated, and gets its functions back", async (t) => {
    const cluster = await startCluster(t);
    const urls = await createFunctions(cluster);
    const homes = await homesOf(urls);
    const victim = nodeNamed(cluster.nodes, homes[0]);
    const load = new Load({ urls: [...urls.slice(0, CALLERS), ...urls.slice(0, CALLERS)] });
    t.after(() => load.stop());
    await served(load, 300);
    await victim.end("SIGKILL");
    await served(load, 600);
    await victim.start();
    // One after the other, each as soon as it is served sooner there: on a busy machine that takes its time.
    const isBack = async () => (await homeOf(urls[0] ?? "")) === homes[0];
    await eventually(isBack, "a function of its is back", 60_000);
    await load.stop();
    assert.deepEqual(load.failures, [], tellsFailures(load));
  });

  test("that hangs holds up no call for longer than the first byte may take, and is avoided then", async (t) => {
    const cluster = await startCluster(t, {
      lbArgs: ["-first-byte-timeout", String(FIRST_BYTE_S), "-hc-timeout", "1"],
    });
    const urls = await createFunctions(cluster);
    const home = await homeOf(urls[0] ?? "");
    const victim = nodeNamed(cluster.nodes, home);
    const load = new Load({ urls: [...urls.slice(0, CALLERS), ...urls.slice(0, CALLERS)] });
    t.after(() => load.stop());
    t.after(() => void victim.program.child.kill("SIGCONT"));
    await served(load, 300);
    victim.program.child.kill("SIGSTOP");
    await served(load, 300);
    const avoidedSinceMs = performance.now() + 4 * 1000 * FIRST_BYTE_S;
    await eventually(() => performance.now() > avoidedSinceMs, "the balancer has noticed", 30_000);
    await served(load, 300);
    await load.stop();

    assert.deepEqual(load.failures, [], tellsFailures(load));
    const slowestMs = Math.max(...load.outcomes.map(({ ms }) => ms));
    assert.ok(slowestMs < 1000 * (FIRST_BYTE_S + 2), `the slowest call took ${slowestMs} ms`);
    assert.equal(load.nodesSince(avoidedSinceMs)[home], undefined);
    victim.program.child.kill("SIGCONT");
    await eventually(async () => (await homeOf(urls[0] ?? "")) === home, "it is used again", 30_000);
  });

  for (const method of ["GET", "POST"]) {
    test(`that is replaced, one after the other, fails no ${method}`, async (t) => {
      const cluster = await startCluster(t);
      const urls = await createFunctions(cluster);
      await homesOf(urls);
      const load = new Load({ urls: urls.slice(0, CALLERS), method });
      t.after(() => load.stop());
      for (const node of cluster.nodes) {
        await served(load, 150);
        await node.end("SIGTERM");
        await served(load, 150);
        await node.start();
      }
      await served(load, 150);
      await load.stop();
      assert.deepEqual(load.failures, [], tellsFailures(load));
    });
  }
});

describe("a balancer of two workers", () => {
  for (const keepAlive of [true, false]) {
    const how = keepAlive ? "over kept connections" : "over a new connection each";
    test(`that is told to start anew fails no call ${how}`, async (t) => {
      const cluster = await startCluster(t, { nodeCount: 2, lbArgs: ["-workers", "2"] });
      const urls = await createFunctions(cluster);
      await homesOf(urls);
      const load = new Load({ urls: urls.slice(0, CALLERS), method: "POST", keepAlive });
      t.after(() => load.stop());
      await served(load, 150);
      const before = workersOf(cluster);
      for (let restarts = 0; restarts < 2; restarts++) {
        cluster.balancer.child.kill("SIGHUP");
        await served(load, 300);
      }
      const areNew = () => workersOf(cluster).every((pid) => !before.includes(pid));
      await eventually(() => areNew() && workersOf(cluster).length === 2, "two workers, both new", 30_000);
      await load.stop();
      assert.deepEqual(load.failures, [], tellsFailures(load));
    });
  }
});

/** The processes of the balancer but the first. */
function workersOf({ balancer, url }: Cluster): number[] {
  return processesWith(`-listen\u0000127.0.0.1:${new URL(url).port}\u0000`).filter(
    (pid) => pid !== balancer.child.pid,
  );
}
