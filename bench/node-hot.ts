import type { Bench, Stage } from "./bench.ts";
import { openEcho } from "./echo.ts";
import { compareHot } from "./hot.ts";
import { median } from "./rounds.ts";
import { startNode, startRelay } from "./start.ts";
import { callStraight } from "./straight.ts";
import { requireWrk } from "./wrk.ts";

/** One caller shows latency, many show what a core can do. */
const CONNECTIONS = [1, 8, 32] as const;
const CONNECTIONS_MAX = 32;

/** What a node adds to a call: a hot function through a node, and the same function through a bare relay. */
export const nodeHot: Bench = {
  summary: "a hot http-stream function through a node, against a bare relay on its socket",
  drivers: ["process", "docker"],

  async run(stage) {
    requireWrk();
    const { programs, say } = stage;
    const echo = await openEcho(stage);
    const node = await startNode(stage, echo);
    const nodeUrl = await node.createRoute("/echo", echo.image, { format: "http-stream" });
    const socketPath = await echo.startOnSocket();
    const relayUrl = await startRelay(programs, "relay", [socketPath]);
    const wideRelayUrl = await startRelay(programs, "relay", [socketPath, String(CONNECTIONS_MAX)]);

    const result = await compareHot(stage, { node, nodeUrl, relayUrl }, CONNECTIONS);
    say(`against a relay that gives the function ${CONNECTIONS_MAX} calls at a time:`);
    const wide = await compareHot(stage, { node, nodeUrl, relayUrl: wideRelayUrl }, [CONNECTIONS_MAX]);
    const straight = await straightRate(socketPath, stage);
    say(`straight on the socket, one connection: ${straight.toFixed(0)} req/s`);
    return { ...result, wide: { ratio: wide.ratio, ...wide.relay }, straight };
  },
};

async function straightRate(socketPath: string, { rounds, seconds }: Stage): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) rates.push(await callStraight(socketPath, seconds));
  return median(rates);
}
