import Type, { type Static } from "typebox";
import type { ManagementOptions } from "./management.ts";
import { type Api, operation } from "./v1/api.ts";

/** What a node says of itself to those who deploy to it. */
export const NodeInfo = Type.Object({
  name: Type.String({ description: "Its name, unique among nodes" }),
  type: Type.String({ description: "full; api runs no functions; runner manages nothing" }),
  driver: Type.String({ description: "What runs functions: docker, process; none on a node that runs none" }),
  functions_root: Type.Optional(
    Type.String({ description: "The folder on its machine below which dir: images lie, if it runs those" }),
  ),
});
export type NodeInfo = Static<typeof NodeInfo>;

/** `GET /1/node`. */
export function serveNodeInfo(api: Api, { nodeInfo }: Pick<ManagementOptions, "nodeInfo">): void {
  api.get("/1/node", operation("Tell what this node is", NodeInfo, {}), async () => nodeInfo);
}
