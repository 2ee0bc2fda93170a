/** Texts that callers should not send, and a node with one of everything to send them to. */
import type { TestContext } from "node:test";
import { openRig } from "./v1/rig.suite.ts";

export const ODD = {
  "..": "..",
  "%2e": "%2e%2e",
  NUL: "a\0b",
  "CR LF": "a\r\nb: c",
  "10,000 characters": "a".repeat(10_000),
  "half a surrogate pair": "a\ud800b",
} as const;
export type OddName = keyof typeof ODD;
// The keys of `ODD`.
export const ODD_NAMES = Object.keys(ODD) as OddName[];

export type Ids = Readonly<Record<string, string>>;

/** The same in a URL. Of half a surrogate pair there are only bytes, which are no text. */
export const ESCAPED: Readonly<Record<OddName, string>> = {
  "..": "..",
  "%2e": "%2e%2e",
  NUL: "a%00b",
  "CR LF": "a%0D%0Ab:%20c",
  "10,000 characters": "a".repeat(10_000),
  "half a surrogate pair": "a%ED%A0%80b",
};

/** One of everything, and a look at all that is stored. */
export async function openSeeded(t: TestContext) {
  const { send } = await openRig(t);
  await send("POST", "/v1/apps", { app: { name: "demo", config: { A: "1" } } });
  await send("POST", "/v1/apps/demo/routes", { route: { path: "/x", image: "i" } });
  const first = async (target: string): Promise<string> =>
    JSON.parse((await send("GET", target)).text).items[0].id;
  const app = await first("/v2/apps");
  const fn = await first(`/v2/fns?app_id=${app}`);
  const trigger = await first(`/v2/triggers?app_id=${app}`);
  const ids: Ids = { app, fn, trigger };
  const lists = [
    "/v1/apps",
    "/v1/apps/demo",
    "/v1/apps/demo/routes",
    "/v2/apps",
    `/v2/fns?app_id=${app}`,
    `/v2/triggers?app_id=${app}`,
    "/1/tokens",
  ];
  const stored = async () => {
    const texts: string[] = [];
    for (const target of lists) texts.push((await send("GET", target)).text);
    return texts;
  };
  return { send, stored, ids };
}

/** With the ids of what is there in place of `{app}` and the like. */
export function fill(text: string, ids: Ids): string {
  return text.replace(/\{(app|fn|trigger)\}/g, (_, name: string) => ids[name] ?? "");
}
