import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Sample, Stage } from "./bench.ts";
import { type LoadResult, offerLoad } from "./load.ts";
import { compare, inTurns, median } from "./rounds.ts";
import { type BenchNode, startNode } from "./start.ts";

const QUICK_MS = 1;
const SLOW_MS = 200;
/** How many callers, and how often each calls the slow function: five times take a second when nobody waits. */
const SIZES = { full: { callers: 32, slowCallsEach: 5 }, tiny: { callers: 4, slowCallsEach: 2 } } as const;

/** How long the containers of a cold round outlive it, in seconds. */
const IDLE_S = 1;

/** Longer than a container takes to start beside another one. */
const START_MS_MAX = 200;
const TRIES_MAX = 5;

/** For several times as many containers as there are callers, at 128 MiB each, whatever the machine has. */
const MEMORY_BYTES = 64 * 1024 ** 3;

/**
 * How many containers a node starts for many callers at once, and what the callers get for it. The peer is the same
 * function on the same node with a container ready for each caller, which is what a node could do at most.
 */
export const burst: Bench = {
  summary:
    "32 callers at once of a 1 ms and of a 200 ms function, against a ready container for each of them",

  async run(stage) {
    const { callers, slowCallsEach } = SIZES[stage.isTiny ? "tiny" : "full"];
    const node = await startNode(stage.programs, ["-memory", String(MEMORY_BYTES)]);
    const ready = await node.createRoute("/ready", "sleep");
    await makeReady(ready, callers);
    const crowd: Crowd = { node, ready, callers };
    const quick = await quickBurst(stage, crowd);
    const slow = await slowBurst(stage, crowd, slowCallsEach);
    return { ...quick, slow };
  },
};

interface Crowd {
  readonly node: BenchNode;
  /** A route with a container for each caller. */
  readonly ready: string;
  readonly callers: number;
}

/** A function that is over sooner than a container could start: few containers should do as well as many. */
async function quickBurst({ rounds, seconds, say }: Stage, { node, ready, callers }: Crowd) {
  const own = await node.createRoute("/quick", "sleep");
  const measure = async (route: string): Promise<LoadResult> => {
    const result = await offerLoad({ url: `${route}?ms=${QUICK_MS}`, callers, seconds });
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
  say(`${callers} callers of a function that takes ${QUICK_MS} ms:`);
  say(`  as the node decides   ${sentence(result)}`);
  say(`  a container for each  ${sentence(all)}`);
  say(`  ratio ${ratio.toFixed(2)}`);
  return { ...result, ready: all };
}

/**
 * A function that outlasts the start of a container: many should start at once. Each round begins without any, and
 * the bar is what ready containers need, plus one start.
 */
async function slowBurst({ rounds, say }: Stage, { node, ready, callers }: Crowd, callsEach: number) {
  const measure = (route: string): Promise<LoadResult> =>
    offerLoad({ url: `${route}?ms=${SLOW_MS}`, callers, callsEach });
  const coldRoute = (path: string): Promise<string> =>
    node.createRoute(path, "sleep", { idle_timeout: IDLE_S });

  const turns = await inTurns(
    rounds,
    async (round) => {
      const alone = await coldRoute(`/alone-${round}`);
      const start = await offerLoad({ url: `${alone}?ms=0`, callers: 1, callsEach: 1 });
      const result = await measure(await coldRoute(`/slow-${round}`));
      // Its containers reach their idle timeout meanwhile, and are gone when the other side has its turn.
      await sleep(IDLE_S * 1500);
      return { ...result, startMs: start.elapsedMs };
    },
    () => measure(ready),
  );
  const { node: cold, peer } = compare(turns);
  const ratio = median(turns.map((turn) => (turn.peer.elapsedMs + turn.node.startMs) / turn.node.elapsedMs));
  const startMs = median(turns.map((turn) => turn.node.startMs));
  const result = { ...cold, containers: median(turns.map((turn) => turn.node.answers.size)), startMs, ratio };
  const all = { ...peer, containers: containersOf(turns.map((turn) => turn.peer)) };
  say(`${callers} callers of a function that takes ${SLOW_MS} ms, ${callsEach} calls each:`);
  say(`  from no container     ${sentence(result)}`);
  say(`  a container for each  ${sentence(all)}`);
  say(`  one start takes ${startMs.toFixed(0)} ms; ratio ${ratio.toFixed(2)}`);
  return { ...result, ready: all };
}

/**
 * Calls until a route has a container for each caller. A node starts the last one only if nobody else's call is likely
 * to end before it is up: so each call outlasts as many starts as there are callers.
 */
async function makeReady(route: string, callers: number): Promise<void> {
  const ms = START_MS_MAX * callers;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const { answers } = await offerLoad({ url: `${route}?ms=${ms}`, callers, callsEach: 1 });
    if (answers.size === callers) return;
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
