/** Several nodes that share a PostgreSQL, and what becomes of them while it is away. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type ClusterNode, prepareNodes } from "./support/cluster.ts";
import { Load } from "./support/load.ts";
import { lastInFirstOut, startPostgres } from "./support/postgres.ts";
import { createRoute, eventually, freePorts, ready, startProgram, tempDir } from "./support/programs.ts";

/** How long the database is away; long enough that every connection and every wait notices. */
const AWAY_MS = 8000;
/** By then a node has answered a call that it can answer. */
const ANSWER_MS = 5000;

async function createOn(node: ClusterNode, path: string, folder: string, settings = {}): Promise<void> {
  await createRoute({ program: node.program, url: node.url, dir: "" }, path, folder, settings);
}

describe("nodes that share a PostgreSQL", () => {
  test("come up, ten at once on an empty database", async (t) => {
    const owner = lastInFirstOut(t);
    const postgres = await startPostgres(owner);
    const nodes = await prepareNodes(owner, { nodeCount: 10, dbUrl: postgres.url });
    await Promise.all(nodes.map((node) => node.start()));
    const [first, ...others] = nodes;
    assert.ok(first);
    await createOn(first, "/cold", "cold");
    for (const { url } of others) {
      assert.equal(await (await fetch(`${url}/r/t/cold`, { method: "POST", body: "hello" })).text(), "HELLO");
    }
  });

  test("serve at once what was changed through another", async (t) => {
    const owner = lastInFirstOut(t);
    const postgres = await startPostgres(owner);
    const nodes = await prepareNodes(owner, { nodeCount: 2, dbUrl: postgres.url });
    await Promise.all(nodes.map((node) => node.start()));
    const [one, other] = nodes;
    assert.ok(one && other);
    await createOn(one, "/count", "count", { headers: { "X-Version": ["0"] } });
    const versionAt = async ({ url }: ClusterNode) =>
      (await fetch(`${url}/r/t/count`)).headers.get("x-version");
    assert.equal(await versionAt(other), "0");
    const times: number[] = [];
    for (let version = 1; version <= 10; version++) {
      const route = { headers: { "X-Version": [String(version)] } };
      const changed = await fetch(`${one.url}/v1/apps/t/routes/count`, {
        method: "PATCH",
        body: JSON.stringify({ route }),
      });
      assert.equal(changed.status, 200, await changed.text());
      const beganMs = performance.now();
      await eventually(
        async () => (await versionAt(other)) === String(version),
        `version ${version} is served`,
      );
      times.push(performance.now() - beganMs);
    }
    t.diagnostic(`a change was served by the other node after ${Math.round(Math.max(...times))} ms at most`);
  });

  test("are found by a balancer on the same database, when they announce themselves and until they go", async (t) => {
    const owner = lastInFirstOut(t);
    const postgres = await startPostgres(owner);
    const [port = 0, one = 0, other = 0] = await freePorts(3).then((first) => [first, first + 1, first + 2]);
    const announced = [one, other].map((each) => `127.0.0.1:${each}`);
    const dir = tempDir(owner);
    const nodes = [];
    for (const name of announced) {
      const args = [
        "-port",
        String(Number(name.split(":")[1])),
        "-driver",
        "process",
        "-iofs-path",
        join(dir, name),
      ];
      nodes.push(startProgram(owner, "fnserver", [...args, "-db", postgres.url, "-announce", name]));
    }
    await Promise.all(nodes.map(ready));
    const address = `127.0.0.1:${port}`;
    const balancerArgs = ["-listen", address, "-mgmt-listen", address, "-db", postgres.url];
    const balancer = startProgram(owner, "fnlb", [...balancerArgs, "-nodes-interval", "200ms"]);
    await ready(balancer);
    const known = async () => {
      const answer = await fetch(`http://${address}/1/lb/nodes`);
      return Object.keys(((await answer.json()) as { nodes: Record<string, string> }).nodes).sort();
    };
    await eventually(async () => (await known()).length === 2, "both nodes are known", 30_000);
    assert.deepEqual(await known(), announced);
    nodes[0]?.child.kill("SIGTERM");
    await nodes[0]?.ended;
    await eventually(
      async () => (await known()).join() === announced[1],
      "the one that went is forgotten",
      30_000,
    );
  });

  test("go on answering with hot functions while it is away, and record again when it is back", async (t) => {
    const owner = lastInFirstOut(t);
    const postgres = await startPostgres(owner);
    const [node] = await prepareNodes(owner, { nodeCount: 1, dbUrl: postgres.url });
    assert.ok(node);
    await node.start();
    await createOn(node, "/count", "count");
    const url = `${node.url}/r/t/count`;
    assert.equal((await fetch(url)).status, 200);

    const load = new Load({ urls: [url, url] });
    t.after(() => load.stop());
    await postgres.stop();
    const refused = await fetch(`${node.url}/v1/apps`, { signal: AbortSignal.timeout(ANSWER_MS) });
    assert.equal(refused.status, 503);
    const cold = await fetch(`${node.url}/r/t/unknown`, { signal: AbortSignal.timeout(ANSWER_MS) });
    assert.equal(cold.status, 503);
    const callsBefore = load.outcomes.length;
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    assert.ok(load.outcomes.length > callsBefore);
    await postgres.start();
    await eventually(
      async () => (await fetch(`${node.url}/v1/apps`)).status === 200,
      "it manages again",
      30_000,
    );
    await load.stop();
    assert.deepEqual(load.failures.slice(0, 3), []);

    const isRecorded = async () => {
      const id = (await fetch(url)).headers.get("fn_call_id");
      return (await fetch(`${node.url}/v1/apps/t/calls/${id}`)).status === 200;
    };
    await eventually(isRecorded, "calls are recorded again", 30_000);
  });
});
