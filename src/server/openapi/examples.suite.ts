/** A request that is answered for each operation of the document, by method and path. */
import type { OutgoingHttpHeaders } from "node:http";
import type { SeededNode, Seeds } from "./node.suite.ts";

export interface Example {
  /** What stands for the names in the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** The answer goes on for ever: only its beginning is waited for. */
  readonly isEndless?: boolean;
}

type MakeExample = (node: SeededNode) => Example | Promise<Example>;

const CALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

const APP = { app: "demo" };
const ROUTE = { ...APP, route: "hello" };

export const examples: Readonly<Record<string, MakeExample>> = {
  "GET /": () => ({}),
  "GET /version": () => ({}),
  "GET /stats": () => ({}),
  "GET /metrics": () => ({}),
  "GET /health/live": () => ({}),
  "GET /health/ready": () => ({}),
  "GET /openapi": () => ({}),
  "GET /openapi.json": () => ({}),
  "POST /1/node/prewarm": () => json({ fns: ["/r/demo/hello"] }),

  "GET /1/node": () => ({}),

  "GET /1/tokens": () => ({}),
  "POST /1/tokens": () => json({ name: "mine", scopes: ["read"] }),
  "DELETE /1/tokens/{id}": async ({ baseUrl }) => {
    const body = JSON.stringify({ name: "mine", scopes: ["manage"] });
    const made = await fetch(`${baseUrl}/1/tokens`, { method: "POST", body });
    const { id, token } = Object(await made.json());
    return { params: { id }, headers: { Authorization: `Bearer ${token}` } };
  },

  "GET /v1/apps": () => ({ query: "?per_page=1" }),
  "POST /v1/apps": () => json({ app: { name: "new", config: { A: "1" } } }),
  "GET /v1/apps/{app}": () => ({ params: APP }),
  "PATCH /v1/apps/{app}": () => ({ params: APP, ...json({ app: { config: { A: "1" } } }) }),
  "DELETE /v1/apps/{app}": () => ({ params: APP }),
  "GET /v1/apps/{app}/routes": () => ({ params: APP }),
  "POST /v1/apps/{app}/routes": () => ({ params: APP, ...json({ route: { path: "/new", image: "i" } }) }),
  "GET /v1/apps/{app}/routes/{route}": () => ({ params: ROUTE }),
  "PUT /v1/apps/{app}/routes/{route}": () => ({ params: ROUTE, ...json({ route: { image: "i" } }) }),
  "PATCH /v1/apps/{app}/routes/{route}": () => ({
    params: ROUTE,
    ...json({ route: { headers: { X: ["1"] } } }),
  }),
  "DELETE /v1/apps/{app}/routes/{route}": () => ({ params: ROUTE }),
  "GET /v1/apps/{app}/calls": () => ({ params: APP }),
  "POST /v1/apps/{app}/calls/redrive": () => ({ params: APP }),
  "GET /v1/apps/{app}/calls/{call}": ofCall("asyncCall"),
  "DELETE /v1/apps/{app}/calls/{call}": ofCall("queuedCall"),
  "GET /v1/apps/{app}/calls/{call}/log": ofCall("endedCall"),
  "GET /v1/apps/{app}/logs": () => ({ params: APP, query: "?follow=1", isEndless: true }),
  "GET /v1/apps/{app}/calls/{call}/answer": ofCall("asyncCall"),
  "POST /v1/apps/{app}/calls/{call}/redrive": ofCall("deadCall"),
  "PUT /v1/runner/async": () => json({ id: "1".repeat(26), app_name: "demo", path: "/hello" }),
  "GET /v1/runner/async": () => ({}),
  "POST /v1/runner/start": async (node) => json(await takenCall(node)),
  "POST /v1/runner/finish": async (node) => json({ call: { ...(await takenCall(node)), status: "success" } }),

  "GET /v2/apps": () => ({ query: "?per_page=1" }),
  "POST /v2/apps": () => json({ name: "new", annotations: { note: { any: ["thing"] } } }),
  "GET /v2/apps/{id}": of("appId"),
  "PUT /v2/apps/{id}": ({ seeds }) => ({ params: { id: seeds.appId }, ...json({ shape: "GENERIC_ARM" }) }),
  "DELETE /v2/apps/{id}": of("appId"),
  "GET /v2/fns": ({ seeds }) => ({ query: `?app_id=${seeds.appId}` }),
  "POST /v2/fns": ({ seeds }) =>
    json({ app_id: seeds.appId, name: "new", image: "i", secrets: { KEY: "x" } }),
  "GET /v2/fns/{id}": of("fnId"),
  "PUT /v2/fns/{id}": ({ seeds }) => ({ params: { id: seeds.fnId }, ...json({ retries: 3, cpus: "0.5" }) }),
  "DELETE /v2/fns/{id}": of("fnId"),
  "GET /v2/fns/{id}/calls": of("fnId"),
  "GET /v2/fns/{id}/calls/{call}": ({ seeds }) => ({ params: { id: seeds.fnId, call: seeds.endedCall } }),
  "GET /v2/fns/{id}/calls/{call}/log": ({ seeds }) => ({ params: { id: seeds.fnId, call: seeds.endedCall } }),
  "GET /v2/triggers": ({ seeds }) => ({ query: `?app_id=${seeds.appId}` }),
  "POST /v2/triggers": ({ seeds: { appId, fnId } }) =>
    json({ app_id: appId, fn_id: fnId, name: "new", type: "http", source: "/new" }),
  "GET /v2/triggers/{id}": of("triggerId"),
  "PUT /v2/triggers/{id}": ({ seeds }) => ({ params: { id: seeds.triggerId }, ...json({ source: "/new" }) }),
  "DELETE /v2/triggers/{id}": of("triggerId"),
  "GET /v2/runner/apps/{app_id}/triggerBySource/{type}/{source}": ({ seeds }) => ({
    params: { app_id: seeds.appId, type: "http", source: "hello" },
  }),

  ...each(CALL_METHODS, "/r/{app}/{route}", () => ({ params: ROUTE })),
  ...each(CALL_METHODS, "/t/{app}/{source}", () => ({ params: { ...APP, source: "hello" } })),
  "POST /invoke/{fn_id}": ({ seeds }) => ({ params: { fn_id: seeds.fnId }, body: "hello" }),
};

function each(methods: readonly string[], path: string, example: MakeExample) {
  return Object.fromEntries(methods.map((method) => [`${method} ${path}`, example]));
}

function json(body: unknown): Example {
  return { body: JSON.stringify(body) };
}

/** The one thing that is there. */
function of(seed: keyof Seeds): MakeExample {
  return ({ seeds }) => ({ params: { id: seeds[seed] } });
}

function ofCall(seed: keyof Seeds): MakeExample {
  return ({ seeds }) => ({ params: { ...APP, call: seeds[seed] } });
}

/** The queued call, taken by who sends this. */
async function takenCall({
  baseUrl,
}: SeededNode): Promise<{ readonly id: string; readonly app_name: string }> {
  const answer = await fetch(`${baseUrl}/v1/runner/async`);
  const { id, app_name } = Object(await answer.json()).calls[0];
  return { id, app_name };
}
