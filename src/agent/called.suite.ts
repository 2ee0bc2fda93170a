/** What calls of tests run, and where their records go. */
import { APP_DEFAULTS, type App } from "../model/app.ts";
import type { CallRecord } from "../model/call.ts";
import { FN_DEFAULTS, type Fn } from "../model/fn.ts";
import type { Trigger } from "../model/trigger.ts";
import type { CallStore, RouteInApp } from "../store/store.ts";

const TIMES = { createdAtMs: 1, updatedAtMs: 1 };

export interface CalledChange {
  readonly app?: Partial<App>;
  readonly fn?: Partial<Fn>;
  readonly trigger?: Partial<Trigger>;
}

/** Route `/{name}` of app `shop`, in format `json`. A new object each time; equal ones share containers. */
export function calledFn(name: string, { app, fn, trigger }: CalledChange = {}): RouteInApp {
  const own = { appId: "A", name: `/${name}`, annotations: {}, ...TIMES };
  return {
    app: { ...APP_DEFAULTS, id: "A", name: "shop", ...TIMES, ...app },
    fn: { ...FN_DEFAULTS, ...own, id: name, format: "json", image: name, shape: undefined, ...fn },
    trigger: {
      ...own,
      id: `T-${name}`,
      fnId: name,
      type: "http",
      source: `/${name}`,
      headers: {},
      ...trigger,
    },
  };
}

/** Keeps what it is given in `records`, and has nothing to tell. */
export function recordingStore(records: CallRecord[]): CallStore {
  return {
    insert: async (batch) => void records.push(...batch),
    get: async () => undefined,
    log: async () => undefined,
    answer: async () => undefined,
    list: async () => [],
    prune: async () => 0,
  };
}
