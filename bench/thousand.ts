import { latencyOf } from "../src/harness/percentiles.ts";
import type { Bench, Stage } from "./bench.ts";
import { type Call, callOnce } from "./call.ts";
import { Engine } from "./engine.ts";
import { compileEcho } from "./native.ts";
import { forEachOf } from "./parallel.ts";
import { startNode } from "./start.ts";

/**
 * How many functions, called once each by how many callers; how many containers the node has memory for; and how many
 * the bare engine starts at each parallelism.
 */
const SIZES = {
  full: { functions: 1000, callers: 50, containers: 64, bare: 60 },
  tiny: { functions: 10, callers: 4, containers: 4, bare: 6 },
} as const;

const PARALLELISMS = [1, 2, 4] as const;

const MEMORY_MIB = 128;

/** Many functions, of which none is hot, on a node that cannot keep them all: each call needs a container of its own. */
export const thousand: Bench = {
  summary:
    "1000 functions, one call each, 50 callers, against what the engine needs for such containers at its best",
  drivers: ["docker"],

  async run(stage) {
    const { programs, isTiny, say } = stage;
    const size = SIZES[isTiny ? "tiny" : "full"];
    const engine = await Engine.open(programs, await compileEcho(programs));
    const bare = new BareEngine(engine);

    // What only the very first costs is not counted.
    await bare.startOne();
    // Half of it before and half after: what slows the machine for a while shows on both sides.
    await bare.measure(size.bare / 2);
    const calls = await callAll(stage, engine, size);
    await bare.measure(size.bare / 2);

    const result = resultOf(calls, bare, size);
    report(result, size, say);
    return { ...result, rounds: 1 };
  },
};

type Size = (typeof SIZES)[keyof typeof SIZES];

function resultOf({ elapsedMs, codes, containersMax, each }: Calls, bare: BareEngine, { functions }: Size) {
  const latency = latencyOf(each.map((call) => call.elapsedMs));
  if (!latency) throw new Error("no call was made");
  const { parallel, seconds: secondsEachAtBest } = bare.best;
  const seconds = elapsedMs / 1000;
  return {
    rate: functions / seconds,
    ratio: seconds / (functions * secondsEachAtBest),
    p50: latency.p50,
    p99: latency.p99,
    seconds,
    codes,
    containersMax,
    engine: { seconds: functions * secondsEachAtBest, parallel, secondsEach: bare.secondsEach },
  };
}

function report(result: ReturnType<typeof resultOf>, size: Size, say: Stage["say"]): void {
  const { codes, containersMax, engine, p50, p99, ratio, seconds } = result;
  const rates = Object.entries(engine.secondsEach).map(
    ([parallel, each]) => `${parallel}: ${each.toFixed(3)}`,
  );
  say(`${size.functions} functions, called once each by ${size.callers} callers:`);
  say(`  ${seconds.toFixed(1)} s, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
  say(`  codes: ${JSON.stringify(codes)}; containers at once: ${containersMax}`);
  say(`the bare engine, seconds for each container at so many at a time: ${rates.join(", ")}`);
  say(
    `  ${engine.seconds.toFixed(1)} s for all of them at its best (${engine.parallel}); ratio ${ratio.toFixed(2)}`,
  );
}

interface Calls {
  readonly elapsedMs: number;
  readonly each: readonly Call[];
  /** How many calls had each status. */
  readonly codes: Readonly<Record<string, number>>;
  readonly containersMax: number;
}

async function callAll(stage: Stage, engine: Engine, size: Size): Promise<Calls> {
  const memoryBytes = size.containers * MEMORY_MIB * 1024 * 1024;
  const node = await startNode(stage, { functionsRoot: stage.programs.dir, memoryBytes });
  const urls: string[] = [];
  const numbers = Array.from({ length: size.functions }, (_, i) => i);
  await forEachOf(numbers, size.callers, async (i) => {
    urls.push(
      await node.createRoute(`/fn-${i}`, engine.image, { format: "http-stream", memory: MEMORY_MIB }),
    );
  });

  const watch = await engine.watchContainers();
  const each: Call[] = [];
  const startMs = performance.now();
  await forEachOf(urls, size.callers, async (url) => {
    each.push(await callOnce(url));
  });
  const elapsedMs = performance.now() - startMs;
  const codes: Record<string, number> = {};
  for (const { status } of each) codes[status] = (codes[status] ?? 0) + 1;
  return { elapsedMs, each, codes, containersMax: watch.stop() };
}

/** The same containers without a node, and with nothing that would make them slower. */
class BareEngine {
  readonly #engine: Engine;
  readonly #elapsedMs = new Map<number, number>(PARALLELISMS.map((parallel) => [parallel, 0]));
  #count = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Seconds for each container, by parallelism. */
  get secondsEach(): Record<string, number> {
    const entries = [...this.#elapsedMs].map(
      ([parallel, ms]) => [parallel, ms / 1000 / this.#count] as const,
    );
    return Object.fromEntries(entries);
  }

  get best(): { readonly parallel: number; readonly seconds: number } {
    const entries = Object.entries(this.secondsEach).map(([parallel, seconds]) => ({
      parallel: Number(parallel),
      seconds,
    }));
    return entries.reduce((best, each) => (each.seconds < best.seconds ? each : best));
  }

  /** Starts so many at each parallelism, each until it listens, and removes them. */
  async measure(count: number): Promise<void> {
    const items = Array.from({ length: count }, (_, i) => i);
    for (const parallel of PARALLELISMS) {
      const startMs = performance.now();
      await forEachOf(items, parallel, () => this.startOne());
      const elapsedMs = performance.now() - startMs;
      this.#elapsedMs.set(parallel, (this.#elapsedMs.get(parallel) ?? 0) + elapsedMs);
    }
    this.#count += count;
  }

  /** Starts one until it listens, and removes it. */
  async startOne(): Promise<void> {
    const { container } = await this.#engine.startListening({ memoryMib: MEMORY_MIB });
    await container.remove({ force: true });
  }
}
