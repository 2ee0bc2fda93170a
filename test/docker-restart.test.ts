/** A Docker engine that is restarted while its functions are called: an engine of the test's own. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type Docker from "dockerode";
import { connectEngine } from "../src/driver/docker/engine.ts";
import {
  makeOwnEngine,
  type OwnEngine,
  skipWithoutOwnEngine,
} from "../src/driver/docker/own-engine.suite.ts";
import { type DockerNode, startDockerNode } from "./support/docker.ts";
import { createRoute, eventually } from "./support/programs.ts";

interface Outcome {
  readonly status: number;
  readonly code: string | undefined;
}

/** Callers that call one after another until they are told to stop. */
class Load {
  readonly outcomes: Outcome[] = [];
  readonly #callers: Promise<void>[];
  #isOver = false;

  constructor(urls: readonly string[]) {
    this.#callers = urls.map((url) => this.#call(url));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }

  async #call(url: string): Promise<void> {
    while (!this.#isOver) this.outcomes.push(await outcomeOf(url));
  }
}

async function outcomeOf(url: string): Promise<Outcome> {
  const answer = await fetch(url);
  const text = await answer.text();
  return { status: answer.status, code: answer.ok ? undefined : JSON.parse(text).error.code };
}

interface Rig {
  readonly own: OwnEngine;
  readonly engine: Docker;
  readonly node: DockerNode;
  readonly urls: readonly string[];
}

/** What a caller may be told meanwhile. Anything else would be wrong, or no help. */
const HONEST: readonly string[] = [
  "answer_cut",
  "container_exited",
  "container_init_failed",
  "container_start_failed",
  "engine_unreachable",
  "server_busy",
];

describe("an engine that is restarted under load", { skip: skipWithoutOwnEngine() }, () => {
  async function startRig(t: TestContext): Promise<Rig> {
    const own = await makeOwnEngine();
    const engine = connectEngine(own.dockerHost);
    // Undone in the order of these calls: the node first.
    let node: DockerNode;
    try {
      await own.start();
      const env = { DOCKER_HOST: own.dockerHost };
      node = await startDockerNode(t, { env, engine, args: ["-docker-network", "none"] });
    } finally {
      t.after(() => own.remove());
    }
    await createRoute(node, "/stream", "unruly", { timeout: 10, idle_timeout: 1 });
    await createRoute(node, "/stdio", "unruly", { timeout: 10, idle_timeout: 1, format: "http" });
    const urls = ["stream", "stdio"].map((path) => `${node.url}/r/t/${path}?do=sleep&amount=20`);
    return { own, engine, node, urls };
  }

  test("fails calls with what is so, and serves again when it is back", async (t) => {
    const { own, engine, node, urls } = await startRig(t);
    for (const url of urls) assert.deepEqual(await outcomeOf(url), { status: 200, code: undefined });

    const load = new Load([...urls, ...urls]);
    const served = () => load.outcomes.filter(({ status }) => status === 200).length;
    try {
      await eventually(() => served() > 20, "calls are served");
      await own.stop();
      await eventually(() => load.outcomes.some(({ status }) => status >= 500), "calls fail");
      await own.start();
      const servedBefore = served();
      await eventually(() => served() > servedBefore + 20, "calls are served again", 30_000);
    } finally {
      await load.stop();
    }

    t.diagnostic(`told meanwhile: ${JSON.stringify(count(load.outcomes))}`);
    const codes = load.outcomes.flatMap(({ code }) => code ?? []);
    assert.ok(codes.includes("engine_unreachable"));
    assert.deepEqual(
      codes.filter((code) => !HONEST.includes(code)),
      [],
    );
    for (const url of urls) assert.equal((await outcomeOf(url)).status, 200);
    const isEmpty = eventually(
      async () => (await node.containers()).length === 0,
      "no container is left",
      60_000,
    );
    await isEmpty.catch(async (error) => {
      const states = (await engine.listContainers({ all: true })).map(({ Id, Status }) => `${Id} ${Status}`);
      t.diagnostic([...states, node.program.output()].join("\n"));
      throw error;
    });
  });
});

function count(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of outcomes) {
    const key = code === undefined ? String(status) : `${status} ${code}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
