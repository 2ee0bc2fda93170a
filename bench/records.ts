import type { Bench, Stage } from "./bench.ts";
import { openEcho } from "./echo.ts";
import { requireHey, runHey } from "./hey.ts";
import { compareHot, type HotSides } from "./hot.ts";
import { startPostgres } from "./postgres.ts";
import { type Comparison, compareInTurns } from "./rounds.ts";
import { startNode } from "./start.ts";
import { requireWrk } from "./wrk.ts";

/** Calls in a second that a node should bear all day. */
const STEADY_RATE = 5000;
const STEADY_CONNECTIONS = 20;

/** So many take all that a machine has. */
const FULL_CONNECTIONS = 32;

/** What it costs to keep a record of each call: a node that does, and one that does not, for both databases. */
export const records: Bench = {
  summary: "a node that records its calls, against one that does not, on SQLite and on PostgreSQL",
  drivers: ["process"],

  async run(stage) {
    requireWrk();
    requireHey();
    stage.say("SQLite:");
    const sqlite = await compareOn(stage);
    const server = await startPostgres(stage.programs);
    stage.say("PostgreSQL:");
    const postgres = await compareOn(stage, () => server.createDatabase());
    return { ...sqlite, postgres };
  },
};

async function compareOn(stage: Stage, newUrl?: () => Promise<string>) {
  const sides = await startSides(stage, newUrl);
  const full = await compareHot(stage, sides, [FULL_CONNECTIONS]);
  const { node, peer, ratio } = await compareSteady(stage, sides);
  const { recordsDropped } = sides.node;
  stage.say(
    `at ${STEADY_RATE} calls in a second: ${ratio.toFixed(3)}, ${recordsDropped} records dropped in all`,
  );
  return {
    ...node,
    ratio,
    peer,
    recordsDropped,
    full: { rate: full.rate, ratio: full.ratio, p99: full.p99 },
  };
}

async function startSides(stage: Stage, newUrl?: () => Promise<string>): Promise<HotSides> {
  const echo = await openEcho(stage);
  const start = async (isRecording: boolean) => {
    const args = ["-call-records", isRecording ? "on" : "off"];
    const node = await startNode(stage, { ...echo, args, ...(newUrl && { dbUrl: await newUrl() }) });
    return { node, url: await node.createRoute("/echo", echo.image, { format: "http-stream" }) };
  };
  const recording = await start(true);
  const other = await start(false);
  return { node: recording.node, nodeUrl: recording.url, relayUrl: other.url };
}

async function compareSteady(stage: Stage, { node, nodeUrl, relayUrl }: HotSides): Promise<Comparison> {
  const { programs, rounds, seconds } = stage;
  const load = { connections: STEADY_CONNECTIONS, rate: STEADY_RATE, seconds: Math.max(1, seconds) };
  const measure = async (url: string) => {
    const sample = await runHey(programs, { url, ...load });
    await node.settle();
    return sample;
  };
  return await compareInTurns(rounds, measure, nodeUrl, relayUrl);
}
