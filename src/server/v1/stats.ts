import Type, { type Static } from "typebox";
import type { ManagementOptions } from "../management.ts";
import type { FnCounts } from "../metrics.ts";
import { type Api, operation } from "./api.ts";

const Counts = Type.Object({
  Queue: Type.Integer({ description: "Calls that wait for a container" }),
  Running: Type.Integer({ description: "Calls that a container has" }),
  Complete: Type.Integer({ description: "Calls that ended well" }),
  Failed: Type.Integer({ description: "Calls that ended badly" }),
});
const CountsByPath = Type.Record(Type.String(), Counts);
const StatsAnswer = Type.Object({
  ...Counts.properties,
  FunctionStatsMap: Type.Unsafe<Static<typeof CountsByPath>>({
    ...CountsByPath,
    description: "By path; equal paths of different apps are one",
  }),
  AppStatsMap: Type.Record(Type.String(), CountsByPath, { description: "By app, then by path" }),
});

/** `/stats`: what this node has counted since its start, in the capitals of Fn. */
export function serveStats(api: Api, { fnCounts }: ManagementOptions): void {
  api.get("/stats", operation("Show the counts of this node", StatsAnswer, {}), async () =>
    statsOf(fnCounts()),
  );
}

function statsOf(counts: Iterable<FnCounts>): Static<typeof StatsAnswer> {
  const total = zero();
  const byPath = new Map<string, Tally>();
  const byApp = new Map<string, Map<string, Tally>>();
  for (const count of counts) {
    const { appName, path } = count;
    const ofApp = getOrAdd(byApp, appName, () => new Map<string, Tally>());
    for (const tally of [total, getOrAdd(byPath, path, zero), getOrAdd(ofApp, path, zero)]) add(tally, count);
  }
  return {
    ...total,
    FunctionStatsMap: Object.fromEntries(byPath),
    AppStatsMap: Object.fromEntries([...byApp].map(([app, paths]) => [app, Object.fromEntries(paths)])),
  };
}

type Tally = Static<typeof Counts>;

function zero(): Tally {
  return { Queue: 0, Running: 0, Complete: 0, Failed: 0 };
}

function add(tally: Tally, { queued, running, completed, failed }: FnCounts): void {
  tally.Queue += queued;
  tally.Running += running;
  tally.Complete += completed;
  tally.Failed += failed;
}

function getOrAdd<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
