import type { CallRecord } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import type { Token } from "../../model/token.ts";
import type { CallStore, NodeRow, NodeStore, Store, TokenStore } from "../store.ts";
import { ModelEntities } from "./model-entities.suite.ts";
import { byBytes, pageOf } from "./model-page.suite.ts";

/** What of a store the model covers: the queue, where calls change by themselves, is not of it. */
export interface ModelledStore
  extends Pick<Store, "apps" | "fns" | "triggers" | "routes" | "tokens" | "nodes"> {
  readonly calls: Pick<CallStore, "insert" | "get" | "log" | "list">;
}

/** A store so simple that it is plainly right: maps, read from end to end. It tells what others must do. */
export class ModelStore implements ModelledStore {
  /** By app and id: a call belongs to its app, and an id tells it from the app's others. */
  readonly #calls = new Map<string, CallRecord>();
  readonly #tokens = new Map<string, Token>();
  readonly #nodes = new Map<
    string,
    NodeRow & { readonly saysDraining: boolean; readonly isAnnounced: boolean }
  >();
  readonly #entities = new ModelEntities(({ name }) => {
    for (const [key, { call }] of this.#calls) if (call.appName === name) this.#calls.delete(key);
  });

  readonly apps = this.#entities.apps;
  readonly fns = this.#entities.fns;
  readonly triggers = this.#entities.triggers;
  readonly routes = this.#entities.routes;

  readonly calls: ModelledStore["calls"] = {
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

  readonly tokens: TokenStore = {
    insert: async (token) => void this.#tokens.set(token.id, token),
    find: async (hash) => [...this.#tokens.values()].find((token) => token.hash === hash),
    list: async (page) => pageOf(page, [...this.#tokens.values()], ({ id }) => id),
    remove: async (id) => {
      if (!this.#tokens.delete(id)) throw new FnError("token_not_found");
    },
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
}

function callKey(appName: string, id: string): string {
  return JSON.stringify([appName, id]);
}
