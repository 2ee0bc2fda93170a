/** `npm start` as a newcomer uses it: nodes, balancer, two functions, the harness, Ctrl-C. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import {
  eventually,
  freePorts,
  type Program,
  processesWith,
  projectRoot,
  startProgram,
  tempDir,
  written,
} from "./support/programs.ts";

interface Cluster {
  readonly program: Program;
  readonly balancer: string;
  readonly nodes: readonly string[];
  readonly dir: string;
}

async function startCluster(t: TestContext, env: Record<string, string> = {}): Promise<Cluster> {
  const dir = tempDir(t);
  const port = await freePorts(4);
  const args = ["--port", String(port), "--data", dir];
  // The work folder marks every process of this cluster, whoever started it.
  const program = startProgram(t, "start", args, {
    env: { ...env, FN_IOFS_PATH: join(dir, "io") },
    ipc: false,
  });
  await written(program, "\nready\n");
  const nodes = [1, 2, 3].map((i) => `127.0.0.1:${port + i}`);
  return { program, balancer: `127.0.0.1:${port}`, nodes, dir };
}

interface Report {
  readonly calls: number;
  readonly failures: number;
  readonly nodes: readonly { readonly calls: number }[];
}

async function runHarness(
  { balancer, nodes }: Cluster,
  args: readonly string[],
): Promise<{ code: number; report: Report; errors: string }> {
  const all = ["-lb", balancer, "-nodes", nodes.join(","), "--json", ...args];
  const child = spawn(join(projectRoot, "bin/fnlb-test-harness"), all, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (part) => {
    output += part;
  });
  child.stderr.on("data", (part) => {
    errors += part;
  });
  const code = await new Promise<number>((resolve) =>
    child.on("close", (exitCode) => resolve(exitCode ?? -1)),
  );
  return { code, report: JSON.parse(output || "null"), errors };
}

describe("npm start", () => {
  test("gives a function that answers through the balancer, from one container once it is hot", async (t) => {
    const { balancer } = await startCluster(t);
    const nodes = new Set<string | null>();
    for (let i = 0; i < 5; i++) {
      const answer = await fetch(`http://${balancer}/r/demo/hello`, { method: "POST", body: "Ada" });
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /Ada/);
      assert.equal(answer.headers.get("xxx-fxlb-wait"), null, "the wait is between node and balancer");
      nodes.add(answer.headers.get("fn-node"));
    }
    assert.equal(nodes.size, 1);
  });

  test("keeps a function that has no need to wait on one node", async (t) => {
    const cluster = await startCluster(t);
    const { code, report, errors } = await runHarness(cluster, ["-calls", "300", "-max", "1000"]);
    assert.equal(code, 0, errors);
    assert.ok(Math.max(...report.nodes.map(({ calls }) => calls)) >= 285, JSON.stringify(report));
  });

  test("spreads a function over nodes when its calls have to wait", async (t) => {
    const cluster = await startCluster(t, { FN_MAX_TOTAL_MEMORY_BYTES: String(128 * 1024 * 1024) });
    const load = ["-calls", "400", "-concurrency", "64", "-max", "1000000", "-loops", "5"];
    const { code, report, errors } = await runHarness(cluster, load);
    assert.equal(code, 0, errors);
    assert.ok(report.nodes.filter(({ calls }) => calls > 0).length >= 2, JSON.stringify(report));
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    test(`goes on when the node under load ends by ${signal}, and no GET fails`, async (t) => {
      const { program, balancer, dir } = await startCluster(t);
      const statuses: number[] = [];
      const nodes = new Set<string>();
      const caller = async () => {
        while (statuses.length < 400) {
          const answer = await fetch(`http://${balancer}/r/primesapp/primes?max=1000`);
          const text = await answer.text();
          assert.equal(answer.status, 200, text);
          statuses.push(answer.status);
          const node = answer.headers.get("fn-node") ?? "";
          nodes.add(node);
          if (statuses.length === 100) {
            const port = node.split("-").at(-1);
            for (const pid of processesWith(`-port\0${port}\0`)) process.kill(pid, signal);
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, caller));
      assert.ok(nodes.size >= 2, "its home, and then another");
      await written(program, "going on with 2 of 3 nodes");

      // A node killed with -9 leaves its functions to the next one with its work folder; here none comes.
      program.child.kill("SIGTERM");
      assert.equal(await program.ended, 0, program.output());
      for (const pid of processesWith(dir)) process.kill(pid, "SIGKILL");
    });
  }

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`ends on ${signal} with exit code 0 and leaves no process`, async (t) => {
      const { program, balancer, dir } = await startCluster(t);
      await fetch(`http://${balancer}/r/demo/hello`, { method: "POST", body: "Ada" });
      assert.ok(processesWith(dir).length >= 5, "three nodes, a balancer, a function");
      program.child.kill(signal);
      assert.equal(await program.ended, 0, program.output());
      assert.deepEqual(processesWith(dir), []);
    });
  }

  test("killed with -9, takes its nodes, its balancer and its functions with it", async (t) => {
    const { program, balancer, dir } = await startCluster(t);
    await fetch(`http://${balancer}/r/demo/hello`, { method: "POST", body: "Ada" });
    program.child.kill("SIGKILL");
    await eventually(() => processesWith(dir).length === 0, "no process is left");
  });

  test("with a port in use says which, and starts nothing", async (t) => {
    const { balancer, dir } = await startCluster(t);
    const port = Number(balancer.split(":")[1]);
    const second = startProgram(t, "start", ["--port", String(port - 1), "--data", join(dir, "second")], {
      env: { FN_IOFS_PATH: join(dir, "second-io") },
      ipc: false,
    });
    assert.equal(await second.ended, 1);
    assert.match(second.output(), /127\.0\.0\.1:\d+ is in use already/);
    assert.deepEqual(processesWith(join(dir, "second")), []);
  });
});
