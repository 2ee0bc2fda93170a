import { seededRandom } from "../../../clock/random.ts";
import { createPolicy } from "../create-policy.ts";
import type { Policy, PolicyName } from "../policy.ts";
import { EventClock } from "./event-clock.suite.ts";
import type { Load } from "./loads.suite.ts";
import { type NodeCall, SimulatedNode } from "./simulated-node.suite.ts";

/** Each of the ways: from a caller to the balancer, from there to a node, and back. */
const WAY_MS = 0.5;

/** How long health checks need to see that a node is gone, or back. */
const HEALTH_MS = 1000;

/** The first calls meet an empty fleet, whatever the policy: they are not judged. */
const WARM_UP_MS = 10_000;

export interface SimulationResult {
  readonly calls: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly starts: number;
  /** For each node the calls of each function that it served. */
  readonly served: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Offers a load to a fleet of nodes through a real policy, and tells how it went. */
export function simulate(name: PolicyName, load: Load): SimulationResult {
  const clock = new EventClock();
  const random = seededRandom(5);
  const policy = createPolicy(name, { clock, random: seededRandom(3) });
  const nodes = new Map(load.nodes.map((options) => [options.name, new SimulatedNode(options, clock)]));
  const tellNodes = () => policy.setNodes([...nodes.values()].filter(({ isUp }) => isUp).map(candidateOf));
  const latencies: number[] = [];
  const served = new Map<string, Map<string, number>>();
  let failed = 0;
  tellNodes();

  const call = (fn: string, onEnd: () => void) => {
    const beganMs = clock.elapsedMs;
    const runMs = load.runMs(fn, random);
    send(policy, nodes, clock, { fn, runMs, isBusyOnCpu: load.isBusyOnCpu }, [], (node) => {
      if (node === undefined) failed++;
      else {
        const byFn = served.get(node) ?? new Map<string, number>();
        served.set(node, byFn.set(fn, (byFn.get(fn) ?? 0) + 1));
        if (beganMs >= WARM_UP_MS) latencies.push(clock.elapsedMs - beganMs);
      }
      onEnd();
    });
  };

  for (const { atMs, fn } of load.arrivals) clock.after(atMs, () => call(fn, () => {}));
  for (const fn of load.callers) {
    const again = () =>
      call(fn, () => clock.elapsedMs < load.seconds * 1000 && clock.after(2 * WAY_MS, again));
    again();
  }
  if (load.outage) {
    const node = nodes.get(load.outage.node);
    clock.after(load.outage.fromMs, () => node?.crash());
    clock.after(load.outage.toMs, () => node?.restart());
    for (const atMs of [load.outage.fromMs, load.outage.toMs]) clock.after(atMs + HEALTH_MS, tellNodes);
  }
  clock.runUntil(load.seconds * 1000 + DRAIN_MS);

  latencies.sort((a, b) => a - b);
  const quantile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  const starts = [...nodes.values()].reduce((sum, { startsCount }) => sum + startsCount, 0);
  return { calls: latencies.length, failed, p50: quantile(0.5), p99: quantile(0.99), starts, served };
}

/** What is under way at the end of a load may end. */
const DRAIN_MS = 60_000;

type Work = Pick<NodeCall, "fn" | "runMs" | "isBusyOnCpu">;

/** Sends a call where the policy says, and to further nodes as long as one goes down under it. */
function send(
  policy: Policy,
  nodes: ReadonlyMap<string, SimulatedNode>,
  clock: EventClock,
  work: Work,
  tried: readonly string[],
  onEnd: (node: string | undefined) => void,
): void {
  const placing = policy.place(work.fn, tried);
  if (placing === undefined) {
    onEnd(undefined);
    return;
  }
  const { node } = placing;
  const back = (action: () => void) =>
    clock.after(WAY_MS, () => {
      action();
      placing.end();
    });
  clock.after(WAY_MS, () =>
    nodes.get(node)?.submit({
      ...work,
      onServed: (waitMs) =>
        back(() => {
          placing.answered(waitMs * 1e6);
          onEnd(node);
        }),
      onBroken: () => back(() => send(policy, nodes, clock, work, [...tried, node], onEnd)),
    }),
  );
}

function candidateOf({ options }: SimulatedNode) {
  return { name: options.name, weight: 1 };
}
