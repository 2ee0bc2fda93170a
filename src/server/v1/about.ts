import Type from "typebox";
import type { ManagementOptions } from "../management.ts";
import { type Api, operation } from "./api.ts";

const HelloAnswer = Type.Object({ goto: Type.String(), hello: Type.String() });
const VersionAnswer = Type.Object({
  version: Type.String({
    description: "The version of Fn that this API is of; balancers refuse older nodes than they know",
  }),
  hotfn: Type.String({ description: "The version of this program" }),
});

/** `/` and `/version`: what answers here. */
export function serveAbout(api: Api, { version }: ManagementOptions): void {
  api.get("/", operation("Say hello", HelloAnswer, {}), async () => ({
    goto: "https://github.com/fnproject/fn",
    hello: "world!",
  }));

  api.get("/version", operation("Tell the version", VersionAnswer, {}), async () => ({
    version: version.api,
    hotfn: version.hotfn,
  }));
}
