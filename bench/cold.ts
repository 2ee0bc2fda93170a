import { latencyOf } from "../src/harness/percentiles.ts";
import type { Bench, Stage } from "./bench.ts";
import { type Call, callOnce } from "./call.ts";
import { BARE, type ContainerSettings, Engine } from "./engine.ts";
import { compileEcho } from "./native.ts";
import { type Programs, requireProgram } from "./programs.ts";
import { inTurns, median, type Round } from "./rounds.ts";
import { startNode } from "./start.ts";

/** How many functions, each called once. */
const FUNCTIONS = { full: 20, tiny: 2 } as const;

/**
 * What the first caller of a function waits for. The format is `http-stream`, since that is what function kits speak:
 * the node makes a container, waits until it listens, and calls it. The peer runs the same image to its end, in the
 * plainest format there is: a program that ends as soon as it has started.
 */
export const cold: Bench = {
  summary: "the first call to a function without a container, against `docker run --rm` of the same image",
  drivers: ["docker"],

  async run(stage) {
    requireProgram(["docker", "--version"], "docker.io");
    const { programs, isTiny, say } = stage;
    const engine = await Engine.open(programs, await compileEcho(programs));
    const node = await startNode(stage, { functionsRoot: programs.dir });
    const addRoute = (path: string) => node.createRoute(path, engine.image, { format: "http-stream" });

    const measurePeers = async (): Promise<Peers> => ({
      run: await elapsedMsOf(() => dockerRun(programs, engine)),
      engine: await elapsedMsOf(() => runInEngine(engine, {})),
      engineShared: await elapsedMsOf(() => runInEngine(engine, BARE)),
    });
    // What only the very first of anything costs is on no side.
    await firstCall(await addRoute("/warm-up"));
    await measurePeers();

    const count = FUNCTIONS[isTiny ? "tiny" : "full"];
    const urls = await Promise.all(Array.from({ length: count }, (_, i) => addRoute(`/cold-${i}`)));
    const turns = await inTurns(count, (round) => firstCall(urls[round] ?? ""), measurePeers);
    const result = resultOf(turns);
    report(count, result, say);
    return { ...result, rounds: count };
  },
};

/** Milliseconds for one container, each. */
interface Peers {
  readonly run: number;
  readonly engine: number;
  readonly engineShared: number;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

async function firstCall(url: string): Promise<Call> {
  const call = await callOnce(url);
  if (call.status !== 200) throw new Error(`a first call was answered with ${call.status}`);
  return call;
}

function resultOf(turns: readonly Round<Call, Peers>[]) {
  const node = percentilesOf(turns.map((turn) => turn.node.elapsedMs));
  const peer = (name: keyof Peers): Percentiles => percentilesOf(turns.map((turn) => turn.peer[name]));
  const run = peer("run");
  return {
    // Of one caller, one call after another.
    rate: 1000 / node.p50,
    ratio: node.p50 / run.p50,
    ...node,
    steps: stepsOf(turns.map((turn) => turn.node)),
    run,
    engine: peer("engine"),
    engineShared: peer("engineShared"),
  };
}

function report(count: number, result: ReturnType<typeof resultOf>, say: Stage["say"]): void {
  const steps = Object.entries(result.steps).map(([step, ms]) => `${step} ${ms.toFixed(1)}`);
  say(`${count} functions, the first call to each:`);
  say(`  through the node                  ${sentence(result)}`);
  say(`    of this, in ms:                 ${steps.join(", ")}`);
  say(`  docker run --rm                   ${sentence(result.run)}`);
  say(`  the engine without the command    ${sentence(result.engine)}`);
  say(`  the same, with a shared network   ${sentence(result.engineShared)}`);
  say(`  ratio of the medians ${result.ratio.toFixed(2)}`);
}

async function dockerRun(programs: Programs, engine: Engine): Promise<void> {
  await programs.run(["docker", "run", "--rm", "--label", engine.label, engine.image]);
}

/** What `docker run --rm` asks of the engine, without the command. */
async function runInEngine(engine: Engine, settings: Omit<ContainerSettings, "format">): Promise<void> {
  const container = await engine.create({ ...settings, format: "default" });
  await container.start();
  await container.wait();
  await container.remove();
}

async function elapsedMsOf(action: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await action();
  return performance.now() - startMs;
}

function percentilesOf(valuesMs: readonly number[]): Percentiles {
  return { p50: median(valuesMs), p99: latencyOf(valuesMs)?.p99 ?? Number.NaN };
}

/** The median of each step. */
function stepsOf(calls: readonly Call[]): Record<string, number> {
  const names = new Set(calls.flatMap(({ steps }) => Object.keys(steps)));
  return Object.fromEntries(
    [...names].map((name) => [name, median(calls.map(({ steps }) => steps[name] ?? 0))]),
  );
}

function sentence({ p50, p99 }: Percentiles): string {
  return `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
}
