import { APP_DEFAULTS, type App } from "../../model/app.ts";
import type { Call, CallRecord } from "../../model/call.ts";
import { FN_DEFAULTS, type Fn } from "../../model/fn.ts";
import type { Route, RouteSettings } from "../../model/route.ts";
import type { Token } from "../../model/token.ts";
import type { Trigger } from "../../model/trigger.ts";

const CREATED_AT_MS = Date.parse("2018-01-22T10:00:00Z");
const TIMES = { createdAtMs: CREATED_AT_MS, updatedAtMs: CREATED_AT_MS };

/** An app with an id of its own, made from its name. */
export function sampleApp(name: string, more: Partial<App> = {}): App {
  return {
    id: `app-${name}`,
    name,
    ...APP_DEFAULTS,
    ...TIMES,
    ...more,
  };
}

/** A fn of that app, with an id made from its app and name. */
export function sampleFn(app: App, name: string, more: Partial<Fn> = {}): Fn {
  return {
    id: `fn-${app.id}${name}`,
    appId: app.id,
    name,
    image: "test/hello",
    ...FN_DEFAULTS,
    annotations: {},
    shape: undefined,
    ...TIMES,
    ...more,
  };
}

/** A trigger of that fn, named by its source, with an id made from that and its app. */
export function sampleTrigger({ id, appId }: Fn, source: string, more: Partial<Trigger> = {}): Trigger {
  return {
    id: `trigger-${appId}${source}`,
    appId,
    fnId: id,
    name: source,
    type: "http",
    source,
    headers: {},
    annotations: {},
    ...TIMES,
    ...more,
  };
}

/** A route of that app, with ids made from its app and path. */
export function sampleRoute(app: App, path: string, settings: Partial<RouteSettings> = {}): Route {
  const { headers = {}, ...fnSettings } = settings;
  const fn = sampleFn(app, path, fnSettings);
  return { fn, trigger: sampleTrigger(fn, path, { headers }) };
}

/** A call of `/hello` in app `demo` that went well. */
export function sampleCall(id: string, more: Partial<Call> = {}): Call {
  return {
    id,
    appId: "app-demo",
    appName: "demo",
    fnId: "fn-app-demo/hello",
    path: "/hello",
    status: "success",
    error: undefined,
    createdAtMs: CREATED_AT_MS,
    startedAtMs: CREATED_AT_MS + 1,
    completedAtMs: CREATED_AT_MS + 2,
    timeline: { queue: 1.25, pull: 0, run: 0.75 },
    ...more,
  };
}

export function sampleRecord(id: string, more: Partial<Call> = {}, log = ""): CallRecord {
  return { call: sampleCall(id, more), log };
}

/** A token that does not expire, with a hash made from its id. */
export function sampleToken(id: string, more: Partial<Token> = {}): Token {
  const common = { name: "test", createdAtMs: CREATED_AT_MS, expiresAtMs: undefined };
  return { id, hash: `hash-${id}`, scopes: ["read"], ...common, ...more };
}
