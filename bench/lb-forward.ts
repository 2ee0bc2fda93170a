import {
  type PeerName,
  type RunningBalancer,
  requirePeers,
  startBackends,
  startFnlb,
  startPeer,
} from "./balancers.ts";
import type { Bench, Sample, Stage } from "./bench.ts";
import { idleKibOf } from "./idle.ts";
import type { Programs } from "./programs.ts";
import { type Comparison, compare, inTurns } from "./rounds.ts";
import { requireWrk, runWrk } from "./wrk.ts";

/** One client shows latency, many show what a core can do. */
const CONNECTIONS = [1, 32, 256] as const;
const MAIN_CONNECTIONS = 32;

const SIZES = { small: 12, large: 64 * 1024 } as const;

const FUNCTIONS = new URL("peers/functions.lua", import.meta.url).pathname;

const IDLE_CONNECTIONS = { full: { first: 1000, more: 5000 }, tiny: { first: 50, more: 50 } } as const;

/** Those that are compared; each has its turns. */
interface Sides extends Readonly<Record<PeerName, RunningBalancer>> {
  readonly fnlb: RunningBalancer;
}

/** fnlb compared with each of its peers. */
type Comparisons = Readonly<Record<PeerName, Comparison>>;

/** What the balancer adds to a call: fnlb beside HAProxy and nginx, in front of the same two native backends. */
export const lbForward: Bench = {
  summary: "calls through fnlb, against HAProxy with one thread and nginx with one worker",
  drivers: ["process"],

  async run(stage) {
    requireWrk();
    requirePeers();
    const { programs, isTiny } = stage;
    const nodes = await startBackends(programs);
    const sides = await startSides(programs, nodes);
    // Nothing is compiled well before it has run for a while.
    if (!isTiny) await compareAt(MAIN_CONNECTIONS, SIZES.small, { ...stage, rounds: 1 }, sides);
    const small = await compareAll("small", stage, sides);
    const large = await compareAll("large", stage, sides);
    const { fnlb: idleKib, ...peersIdleKib } = await idleKibOfEach(stage, nodes);
    return { ...small, large, idleKib, peersIdleKib };
  },
};

async function startSides(programs: Programs, nodes: readonly string[]): Promise<Sides> {
  return {
    fnlb: await startFnlb(programs, nodes),
    haproxy: await startPeer("haproxy", programs, nodes),
    nginx: await startPeer("nginx", programs, nodes),
  };
}

/** Turns that are not counted, on every side. */
const WARM_UP_ROUNDS = 3;

/** All counts of connections. What is told without more words is for 32. */
async function compareAll(size: keyof typeof SIZES, stage: Stage, sides: Sides) {
  const { say, isTiny } = stage;
  say(`answers of ${SIZES[size]} bytes:`);
  say(
    row([
      ...["connections", "fnlb req/s", "haproxy", "nginx", "to haproxy", "to nginx"],
      ...["fnlb p50 ms", "p99", "haproxy p50", "p99", "nginx p50", "p99"],
    ]),
  );
  // Nothing is compiled well before it has run for a while.
  if (!isTiny) await compareAt(MAIN_CONNECTIONS, SIZES[size], { ...stage, rounds: WARM_UP_ROUNDS }, sides);
  const connections: Record<string, ReturnType<typeof summaryOf>> = {};
  for (const count of isTiny ? [MAIN_CONNECTIONS] : CONNECTIONS) {
    const comparisons = await compareAt(count, SIZES[size], stage, sides);
    connections[count] = summaryOf(comparisons);
    say(row([String(count), ...cells(comparisons)]));
  }
  const main = connections[MAIN_CONNECTIONS];
  if (!main) throw new Error(`not measured at ${MAIN_CONNECTIONS} connections`);
  return { ...main, connections };
}

async function compareAt(
  connections: number,
  answerBytes: number,
  { programs, rounds, seconds }: Stage,
  sides: Sides,
): Promise<Comparisons> {
  const script = { path: FUNCTIONS, args: [String(answerBytes)] };
  const measure = ({ url }: RunningBalancer): Promise<Sample> =>
    runWrk(programs, { url, connections, seconds, script });
  const turns = await inTurns(
    rounds,
    () => measure(sides.fnlb),
    async () => ({ haproxy: await measure(sides.haproxy), nginx: await measure(sides.nginx) }),
  );
  const against = (name: PeerName) => compare(turns.map(({ node, peer }) => ({ node, peer: peer[name] })));
  return { haproxy: against("haproxy"), nginx: against("nginx") };
}

function summaryOf({ haproxy, nginx }: Comparisons) {
  return {
    ...haproxy.node,
    ratio: haproxy.ratio,
    haproxy: haproxy.peer,
    nginx: { ...nginx.peer, ratio: nginx.ratio },
  };
}

/** Fresh ones: what calls have left in the memory of a balancer would hide what connections need. */
async function idleKibOfEach({ programs, isTiny, say }: Stage, nodes: readonly string[]) {
  const sides = await startSides(programs, nodes);
  const measure = async (name: keyof Sides): Promise<number> => {
    const kib = await idleKibOf(sides[name], IDLE_CONNECTIONS[isTiny ? "tiny" : "full"]);
    say(`${name}: ${kib.toFixed(1)} KiB of memory per idle connection`);
    return kib;
  };
  return { fnlb: await measure("fnlb"), haproxy: await measure("haproxy"), nginx: await measure("nginx") };
}

function cells({ haproxy, nginx }: Comparisons): string[] {
  const samples = [haproxy.node, haproxy.peer, nginx.peer];
  return [
    ...samples.map(({ rate }) => rate.toFixed(0)),
    ...[haproxy.ratio, nginx.ratio].map((ratio) => ratio.toFixed(2)),
    ...samples.flatMap(({ p50, p99 }) => [p50, p99].map((ms) => ms.toFixed(2))),
  ];
}

function row(texts: readonly string[]): string {
  return texts.map((text) => text.padStart(11)).join(" ");
}
