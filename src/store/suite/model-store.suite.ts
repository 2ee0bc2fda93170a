import type { App } from "../../model/app.ts";
import type { CallRecord } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import type { Route } from "../../model/route.ts";
import type { AppStore, CallStore, NodeRow, NodeStore, Page, RouteStore, Store } from "../store.ts";

/** A store so simple that it is plainly right: maps, read from end to end. It tells what others must do. */
export class ModelStore implements Store {
  readonly #apps = new Map<string, App>();
  readonly #routes: Route[] = [];
  /** By app and id: a call belongs to its app, and an id tells it from the app's others. */
  readonly #calls = new Map<string, CallRecord>();
  readonly #nodes = new Map<
    string,
    NodeRow & { readonly saysDraining: boolean; readonly isAnnounced: boolean }
  >();
  #changes = 0;

  readonly apps: AppStore = {
    insert: async (app) => {
      if (this.#apps.has(app.name)) throw new FnError("app_exists");
      this.#apps.set(app.name, app);
      this.#changes++;
    },
    get: async (name) => this.#apps.get(name),
    list: async (page) => pageOf(page, [...this.#apps.values()], (app) => app.name),
    update: async (name, change) => {
      const updated = change(this.#app(name));
      this.#apps.set(name, updated);
      this.#changes++;
      return updated;
    },
    remove: async (name) => {
      const { id } = this.#app(name);
      this.#apps.delete(name);
      removeWhere(this.#routes, ({ fn }) => fn.appId === id);
      for (const [key, { call }] of this.#calls) if (call.appName === name) this.#calls.delete(key);
      this.#changes++;
    },
  };

  readonly routes: RouteStore = {
    insert: async (newcomer, { fn, trigger }) => {
      const app = this.#apps.get(newcomer.name) ?? newcomer;
      if (this.#find(app.name, trigger.source)) throw new FnError("route_exists");
      const route = { fn: { ...fn, appId: app.id }, trigger: { ...trigger, appId: app.id } };
      this.#apps.set(app.name, app);
      this.#routes.push(route);
      this.#changes++;
      return route;
    },
    get: async (appName, path) => {
      const app = this.#apps.get(appName);
      const route = this.#find(appName, path);
      return app && route && { ...route, app };
    },
    list: async (appName, page) => {
      const id = this.#apps.get(appName)?.id;
      const routes = this.#routes.filter(
        ({ fn }) => fn.appId === id && (page.image === undefined || fn.image === page.image),
      );
      return pageOf(page, routes, ({ trigger }) => trigger.source);
    },
    update: async (appName, path, change) => {
      const route = this.#route(appName, path);
      const updated = change(route);
      this.#routes[this.#routes.indexOf(route)] = updated;
      this.#changes++;
      return updated;
    },
    remove: async (appName, path) => {
      const route = this.#route(appName, path);
      removeWhere(this.#routes, (other) => other === route);
      this.#changes++;
    },
  };

  readonly calls: CallStore = {
    insert: async (records) => {
      for (const record of records) {
        const key = callKey(record.call.appName, record.call.id);
        if (!this.#calls.has(key)) this.#calls.set(key, record);
      }
    },
    get: async (appName, id) => this.#calls.get(callKey(appName, id))?.call,
    log: async (appName, id) => this.#calls.get(callKey(appName, id))?.log,
    list: async (appName, filter) =>
      [...this.#calls.values()]
        .map(({ call }) => call)
        .filter(
          (call) =>
            call.appName === appName &&
            call.path === (filter.path ?? call.path) &&
            call.createdAtMs > (filter.createdAfterMs ?? Number.NEGATIVE_INFINITY) &&
            call.createdAtMs < (filter.createdBeforeMs ?? Number.POSITIVE_INFINITY) &&
            (filter.after === undefined || byBytes(call.id, filter.after) < 0),
        )
        .sort((a, b) => byBytes(b.id, a.id))
        .slice(0, filter.limit),
  };

  /** Time stands still here: nothing expires. */
  readonly nodes: NodeStore = {
    list: async () =>
      [...this.#nodes.values()]
        .map(({ name, weight, isDraining, saysDraining }) => ({
          name,
          weight,
          isDraining: isDraining || saysDraining,
        }))
        .sort((a, b) => byBytes(a.name, b.name)),
    put: async (node) => {
      const others = { saysDraining: false, isAnnounced: false };
      this.#nodes.set(node.name, { ...others, ...this.#nodes.get(node.name), ...node });
    },
    announce: async (name, saysDraining) => {
      const newcomer = { name, weight: 1, isDraining: false, isAnnounced: true };
      this.#nodes.set(name, { ...newcomer, ...this.#nodes.get(name), saysDraining });
    },
    withdraw: async (name) => {
      if (this.#nodes.get(name)?.isAnnounced) this.#nodes.delete(name);
    },
    remove: async (name) => void this.#nodes.delete(name),
  };

  async changeCount(): Promise<number> {
    return this.#changes;
  }

  async close(): Promise<void> {}

  #app(name: string): App {
    const app = this.#apps.get(name);
    if (!app) throw new FnError("app_not_found");
    return app;
  }

  #route(appName: string, path: string): Route {
    const route = this.#find(appName, path);
    if (!route) throw new FnError("route_not_found");
    return route;
  }

  #find(appName: string, path: string): Route | undefined {
    const id = this.#apps.get(appName)?.id;
    return this.#routes.find(({ trigger }) => trigger.appId === id && trigger.source === path);
  }
}

function callKey(appName: string, id: string): string {
  return JSON.stringify([appName, id]);
}

function pageOf<T>({ after, limit }: Page, items: readonly T[], keyOf: (item: T) => string): T[] {
  return items
    .filter((item) => after === undefined || byBytes(keyOf(item), after) > 0)
    .toSorted((a, b) => byBytes(keyOf(a), keyOf(b)))
    .slice(0, limit);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function removeWhere<T>(items: T[], isUnwanted: (item: T) => boolean): void {
  items.splice(0, items.length, ...items.filter((item) => !isUnwanted(item)));
}
