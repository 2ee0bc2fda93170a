import type { Bench } from "./bench.ts";
import { openEcho } from "./echo.ts";
import { compareHot } from "./hot.ts";
import { startNode, startRelay } from "./start.ts";
import { requireWrk } from "./wrk.ts";

/** A container gets one call at a time over its streams, so that more callers would only wait in a longer line. */
const CONNECTIONS = [1, 8] as const;

/** What a node adds to a call over standard streams, which with Docker are connections to the engine. */
export const nodeHotStdio: Bench = {
  summary: "a hot function of format http through a node, against a bare relay on its standard streams",
  drivers: ["auto", "process", "docker"],

  async run(stage) {
    requireWrk();
    const echo = await openEcho(stage);
    const node = await startNode(stage, echo);
    const nodeUrl = await node.createRoute("/echo", echo.image, { format: "http" });
    const relayUrl = await startRelay(stage.programs, "stdio-relay", await echo.stdioPeer());
    return await compareHot(stage, { node, nodeUrl, relayUrl }, CONNECTIONS);
  },
};
