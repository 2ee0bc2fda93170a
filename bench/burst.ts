import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Bench, Sample, Stage } from "./bench.ts";
import { type LoadResult, offerLoad } from "./load.ts";
import { compileSleep } from "./native.ts";
import { compare, inTurns, median } from "./rounds.ts";
import { type BenchNode, projectRoot, startNode } from "./start.ts";

/** A function in TypeScript, as most are. */
const QUICK_IMAGE = "dir:quick";
/** A native one: 32 of them start at once, and those in TypeScript would only wait for each other's cpu. */
const SLOW_IMAGE = "dir:sleep";

const QUICK_MS = 1;
const SLOW_MS = 200;
/** How many callers, and how often each calls the slow function: five times take a second when nobody waits. */
const SIZES = { full: { callers: 32, slowCallsEach: 5 }, tiny: { callers: 4, slowCallsEach: 2 } } as const;

/** How long the containers of a cold round outlive it, in seconds. */
const IDLE_S = 1;

/** Longer than a container takes to start beside others, of either function. */
const START_MS_MAX = {
  process: { quick: 200, slow: 50 },
  docker: { quick: 400, slow: 400 },
} as const;
/** With calls that take four times as long in the end. */
const TRIES_MAX = 3;
/** The longest that a route may have. */
const READY_TIMEOUT_S = 120;

/** For several times as many containers as there are callers, at 128 MiB each, whatever the machine has. */
const MEMORY_BYTES = 64 * 1024 ** 3;

/**
 * How many containers a node starts for many callers at once, and what the callers get for it. The peer is the same
 * function on the same node with a container ready for each caller, which is what a node could do at most.
 */
export const burst: Bench = {
  summary:
    "32 callers at once of a 1 ms and of a 200 ms function, against a ready container for each of them",
  drivers: ["process", "docker"],

  async run(stage) {
    const { callers, slowCallsEach } = SIZES[stage.isTiny ? "tiny" : "full"];
    const functionsRoot = dirname(dirname(await compileSleep(stage.programs)));
    cpSync(join(projectRoot, "bench/functions/sleep"), join(functionsRoot, "quick"), { recursive: true });
    const node = await startNode(stage, { functionsRoot, memoryBytes: MEMORY_BYTES });
    const crowd: Crowd = { node, callers };
    const startMsMax = START_MS_MAX[stage.driver];
    const quick = await quickBurst(stage, crowd, startMsMax.quick);
    const slow = await slowBurst(stage, crowd, startMsMax.slow, slowCallsEach);
    return { ...quick, slow };
  },
};

interface Crowd {
  readonly node: BenchNode;
  readonly callers: number;
}

/** A function that is over sooner than a container could start: few containers should do as well as many. */
async function quickBurst({ rounds, seconds, say }: Stage, { node, callers }: Crowd, startMsMax: number) {
  const ready = await readyRoute(node, { image: QUICK_IMAGE, callers, startMsMax });
  const own = await node.createRoute("/quick", QUICK_IMAGE);
  const measure = async (route: string): Promise<LoadResult> => {
    // It computes: of a function that waits, more containers serve more calls however quick it is.
    const result = await offerLoad({ url: `${route}?ms=${QUICK_MS}&busy=1`, callers, seconds });
    await node.settle();
    return result;
  };
  const turns = await inTurns(
    rounds,
    () => measure(own),
    () => measure(ready),
  );
  const { ratio, ...sides } = compare(turns);
  const result = { ...sides.node, containers: containersOf(turns.map((turn) => turn.node)), ratio };
  const all = { ...sides.peer, containers: containersOf(turns.map((turn) => turn.peer)) };
  say(`${callers} callers of a function that computes for ${QUICK_MS} ms:`);
  say(`  as the node decides   ${sentence(result)}`);
  say(`  a container for each  ${sentence(all)}`);
  say(`  ratio ${ratio.toFixed(2)}`);
  return { ...result, ready: all };
}

/**
 * A function that outlasts the start of a container: many should start at once. Each round begins without any, and
 * the bar is what ready containers need, plus one start: for all calls together, and for the slowest of a hundred.
 */
async function slowBurst(
  { rounds, say }: Stage,
  { node, callers }: Crowd,
  startMsMax: number,
  callsEach: number,
) {
  const ready = await readyRoute(node, { image: SLOW_IMAGE, callers, startMsMax });
  const measure = (route: string): Promise<LoadResult> =>
    offerLoad({ url: `${route}?ms=${SLOW_MS}`, callers, callsEach });
  const coldRoute = (path: string): Promise<string> =>
    node.createRoute(path, SLOW_IMAGE, { idle_timeout: IDLE_S });

  const before = await node.countContainers();
  const turns = await inTurns(
    rounds,
    async (round) => {
      const alone = await coldRoute(`/alone-${round}`);
      const start = await offerLoad({ url: `${alone}?ms=0`, callers: 1, callsEach: 1 });
      const result = await measure(await coldRoute(`/slow-${round}`));
      // They reach their idle timeout before the other side has its turn.
      await node.containersFall(before);
      return { ...result, startMs: start.elapsedMs };
    },
    () => measure(ready),
  );
  const { node: cold, peer } = compare(turns);
  const ratio = median(turns.map((turn) => (turn.peer.elapsedMs + turn.node.startMs) / turn.node.elapsedMs));
  const p99Ratio = median(turns.map((turn) => turn.node.p99 / (turn.peer.p99 + turn.node.startMs)));
  const startMs = median(turns.map((turn) => turn.node.startMs));
  const containers = median(turns.map((turn) => turn.node.answers.size));
  const result = { ...cold, containers, startMs, ratio, p99Ratio };
  const all = { ...peer, containers: containersOf(turns.map((turn) => turn.peer)) };
  say(`${callers} callers of a function that sleeps for ${SLOW_MS} ms, ${callsEach} calls each:`);
  say(`  from no container     ${sentence(result)}`);
  say(`  a container for each  ${sentence(all)}`);
  say(`  one start takes ${startMs.toFixed(0)} ms; ratio ${ratio.toFixed(2)}, of p99 ${p99Ratio.toFixed(2)}`);
  return { ...result, ready: all };
}

/**
 * Makes a route that has a container for each caller. A node starts the last of them only as long as it must think that
 * nobody else's call ends before it is up: so no call ends before all are. Where one does, it takes a new function, of
 * which the node knows nothing, and calls that are twice as long.
 */
async function readyRoute(
  node: BenchNode,
  { image, callers, startMsMax }: { image: string; callers: number; startMsMax: number },
): Promise<string> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const ms = startMsMax * callers * 2 ** tries;
    const route = await node.createRoute(`/ready-${image.replace("dir:", "")}-${tries}`, image, {
      timeout: READY_TIMEOUT_S,
    });
    const { answers } = await offerLoad({ url: `${route}?ms=${ms}`, callers, callsEach: 1 });
    if (answers.size === callers) return route;
  }
  throw new Error(`the node does not start ${callers} containers`);
}

/** How many different ones answered. */
function containersOf(results: readonly LoadResult[]): number {
  return new Set(results.flatMap(({ answers }) => [...answers])).size;
}

function sentence({ rate, p50, p99, containers }: Sample & { readonly containers: number }): string {
  const latency = `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
  return `${rate.toFixed(0)} req/s, ${latency}, containers: ${containers}`;
}
