import type { App } from "../../model/app.ts";
import type { Call, CallRecord } from "../../model/call.ts";
import { FN_DEFAULTS } from "../../model/fn.ts";
import type { Route, RouteSettings } from "../../model/route.ts";

const CREATED_AT_MS = Date.parse("2018-01-22T10:00:00Z");

/** An app with an id of its own, made from its name. */
export function sampleApp(name: string, more: Partial<App> = {}): App {
  return {
    id: `app-${name}`,
    name,
    config: {},
    createdAtMs: CREATED_AT_MS,
    updatedAtMs: CREATED_AT_MS,
    ...more,
  };
}

/** A route of that app, with ids made from its app and path. */
export function sampleRoute(app: App, path: string, settings: Partial<RouteSettings> = {}): Route {
  const { headers = {}, ...fnSettings } = settings;
  const ids = { appId: app.id, fnId: `fn-${app.id}${path}` };
  const times = { createdAtMs: CREATED_AT_MS, updatedAtMs: CREATED_AT_MS };
  return {
    fn: {
      id: ids.fnId,
      appId: app.id,
      name: path,
      image: "test/hello",
      ...FN_DEFAULTS,
      ...fnSettings,
      ...times,
    },
    trigger: {
      id: `trigger-${app.id}${path}`,
      ...ids,
      name: path,
      type: "http",
      source: path,
      headers,
      ...times,
    },
  };
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
