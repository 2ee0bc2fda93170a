import type { App } from "../../model/app.ts";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import type { Fn } from "../../model/fn.ts";
import type { Route } from "../../model/route.ts";
import { type Trigger, triggerPlaceText } from "../../model/trigger.ts";
import type { AppKey, AppStore, FnStore, RouteStore, TriggerStore } from "../store.ts";
import { pageOf } from "./model-page.suite.ts";

/** Apps, fns and triggers as three lists, and routes as a view of them. */
export class ModelEntities {
  #apps: readonly App[] = [];
  #fns: readonly Fn[] = [];
  #triggers: readonly Trigger[] = [];
  readonly #onAppRemoved: (app: App) => void;

  constructor(onAppRemoved: (app: App) => void) {
    this.#onAppRemoved = onAppRemoved;
  }

  readonly apps: AppStore = {
    insert: async (app) => {
      refuseIf(this.#app(app), "app_exists");
      this.#apps = [...this.#apps, app];
    },
    get: async (key) => this.#app(key),
    list: async ({ name, ...page }) => pageOf(page, this.#apps.filter(isNamed(name)), (app) => app.name),
    update: async (key, change) => {
      const app = required(this.#app(key), "app_not_found");
      const { id, name, createdAtMs } = app;
      const changed = { ...change(app), id, name, createdAtMs };
      this.#apps = this.#apps.map((other) => (other === app ? changed : other));
      return changed;
    },
    remove: async (key) => {
      const app = required(this.#app(key), "app_not_found");
      this.#apps = this.#apps.filter((other) => other !== app);
      this.#fns = this.#fns.filter((fn) => fn.appId !== app.id);
      this.#triggers = this.#triggers.filter((trigger) => trigger.appId !== app.id);
      this.#onAppRemoved(app);
    },
  };

  readonly fns: FnStore = {
    insert: async (fn) => {
      required(this.#app({ id: fn.appId }), "app_not_found");
      refuseIf(this.#fnNamed(fn), "fn_exists");
      this.#fns = [...this.#fns, fn];
    },
    get: async (id) => {
      const fn = this.#fn(id);
      const app = fn && this.#app({ id: fn.appId });
      return fn && app && { app, fn };
    },
    list: async (appId, { name, ...page }) =>
      pageOf(page, this.#fns.filter(isOf(appId)).filter(isNamed(name)), (fn) => fn.name),
    update: async (id, change) => this.#changeFn(required(this.#fn(id), "fn_not_found"), change),
    remove: async (id) => {
      const fn = required(this.#fn(id), "fn_not_found");
      this.#fns = this.#fns.filter((other) => other !== fn);
      this.#triggers = this.#triggers.filter(({ fnId }) => fnId !== id);
    },
  };

  readonly triggers: TriggerStore = {
    insert: async (trigger) => {
      required(this.#app({ id: trigger.appId }), "app_not_found");
      const fn = required(this.#fn(trigger.fnId), "fn_not_found");
      refuseIf(fn.appId !== trigger.appId, "fn_not_found");
      refuseIf(this.#triggerAt(trigger), "trigger_exists");
      this.#triggers = [...this.#triggers, trigger];
    },
    get: async (id) => this.#triggers.find((trigger) => trigger.id === id),
    list: async (appId, { fnId, name, after, limit }) => {
      const triggers = this.#triggers
        .filter(isOf(appId))
        .filter(isNamed(name))
        .filter((trigger) => fnId === undefined || trigger.fnId === fnId);
      // A name alone stands behind every id.
      const behind = after === undefined || after.includes("\0") ? after : `${after}\0\u{10ffff}`;
      return pageOf(
        { limit, ...(behind === undefined ? {} : { after: behind }) },
        triggers,
        triggerPlaceText,
      );
    },
    update: async (id, change) => {
      const trigger = required(await this.triggers.get(id), "trigger_not_found");
      const { appId, type, createdAtMs } = trigger;
      const changed = { ...change(trigger), id, appId, type, createdAtMs };
      const other = this.#triggerAt(changed);
      refuseIf(other && other !== trigger, "trigger_exists");
      this.#triggers = this.#triggers.map((each) => (each === trigger ? changed : each));
      return changed;
    },
    remove: async (id) => {
      const trigger = required(await this.triggers.get(id), "trigger_not_found");
      this.#triggers = this.#triggers.filter((other) => other !== trigger);
    },
  };

  readonly routes: RouteStore = {
    insert: async (newcomer, route) => {
      const app = this.#app({ name: newcomer.name }) ?? newcomer;
      refuseIf(this.#route(app.name, route.trigger.source), "route_exists");
      const namesake = this.#fnNamed({ appId: app.id, name: route.fn.name });
      refuseIf(namesake && this.#isLedTo(namesake), "fn_exists");
      const { id, createdAtMs, annotations, shape } = namesake ?? route.fn;
      const fn = { ...route.fn, id, appId: app.id, createdAtMs, annotations, shape };
      const trigger = { ...route.trigger, appId: app.id, fnId: id };
      this.#apps = [...this.#apps.filter((other) => other !== app), app];
      this.#fns = [...this.#fns.filter((other) => other !== namesake), fn];
      this.#triggers = [...this.#triggers, trigger];
      return { fn, trigger };
    },
    get: async (appName, path) => {
      const app = this.#app({ name: appName });
      const route = this.#route(appName, path);
      return app && route && { ...route, app };
    },
    list: async (appName, { image, ...page }) => {
      const routes = this.#routes(appName).filter(({ fn }) => image === undefined || fn.image === image);
      return pageOf(page, routes, ({ trigger }) => trigger.source);
    },
    update: async (appName, path, change) => {
      const { fn, trigger } = required(this.#route(appName, path), "route_not_found");
      const changed = change({ fn, trigger });
      const { name, source } = trigger;
      return {
        fn: this.#changeFn(fn, () => changed.fn),
        trigger: await this.triggers.update(trigger.id, () => ({ ...changed.trigger, name, source })),
      };
    },
    remove: async (appName, path) => {
      const { fn, trigger } = required(this.#route(appName, path), "route_not_found");
      await this.triggers.remove(trigger.id);
      if (!this.#isLedTo(fn)) await this.fns.remove(fn.id);
    },
  };

  #app(key: AppKey): App | undefined {
    return this.#apps.find((app) => ("name" in key ? app.name === key.name : app.id === key.id));
  }

  #fn(id: string): Fn | undefined {
    return this.#fns.find((fn) => fn.id === id);
  }

  #fnNamed({ appId, name }: Pick<Fn, "appId" | "name">): Fn | undefined {
    return this.#fns.filter(isOf(appId)).find(isNamed(name));
  }

  #triggerAt({ appId, source }: Trigger): Trigger | undefined {
    return this.#triggers.filter(isOf(appId)).find((trigger) => trigger.source === source);
  }

  #isLedTo(fn: Fn): boolean {
    return this.#triggers.some(({ fnId }) => fnId === fn.id);
  }

  #routes(appName: string): Route[] {
    const appId = this.#app({ name: appName })?.id;
    return this.#triggers.filter(isOf(appId)).flatMap((trigger) => {
      const fn = this.#fn(trigger.fnId);
      return fn ? [{ fn, trigger }] : [];
    });
  }

  #route(appName: string, path: string): Route | undefined {
    return this.#routes(appName).find(({ trigger }) => trigger.source === path);
  }

  #changeFn(fn: Fn, change: (fn: Fn) => Fn): Fn {
    const { id, appId, name, createdAtMs } = fn;
    const changed = { ...change(fn), id, appId, name, createdAtMs };
    this.#fns = this.#fns.map((other) => (other === fn ? changed : other));
    return changed;
  }
}

function isNamed(name: string | undefined): (entity: { readonly name: string }) => boolean {
  return (entity) => name === undefined || entity.name === name;
}

function isOf(appId: string | undefined): (entity: { readonly appId: string }) => boolean {
  return (entity) => entity.appId === appId;
}

function required<T>(value: T | undefined, code: ErrorCode): T {
  if (value === undefined) throw new FnError(code);
  return value;
}

function refuseIf(value: unknown, code: ErrorCode): void {
  if (value) throw new FnError(code);
}
