import { CommandError } from "../common/io.ts";
import type { AppsApi } from "./apps.ts";
import { check, type JsonApi, type Page, type PageRequest } from "./json-api.ts";
import { type FnChange, type FnResource, isFn } from "./resources.ts";

const FNS = { name: "items", isItem: isFn };

/** Functions, by `/v2`. */
export class FnsApi {
  readonly #json: JsonApi;
  readonly #apps: AppsApi;

  constructor(json: JsonApi, apps: AppsApi) {
    this.#json = json;
    this.#apps = apps;
  }

  async create(appId: string, name: string, fn: FnChange): Promise<FnResource> {
    const created = await this.#json.send("POST", ["v2", "fns"], { name, app_id: appId, ...fn });
    return check(created, "function", isFn);
  }

  list(appId: string, page: PageRequest): Promise<Page<FnResource>> {
    return this.#json.list(["v2", "fns"], FNS, page, { app_id: appId });
  }

  async find(appId: string, name: string): Promise<FnResource | undefined> {
    const { items } = await this.#json.list(["v2", "fns"], FNS, { limit: 1 }, { app_id: appId, name });
    return items[0];
  }

  /** By the names of the app and the function. */
  async get(app: string, name: string): Promise<FnResource> {
    const fn = await this.find((await this.#apps.get(app)).id, name);
    if (fn) return fn;
    throw new CommandError("Fn not found");
  }

  /** Merges: fields that are absent, empty or zero stay as they are; an empty text removes a key of a map. */
  async update(fn: FnResource, change: FnChange): Promise<void> {
    await this.#json.send("PUT", ["v2", "fns", fn.id], change);
  }

  async remove(fn: FnResource): Promise<void> {
    await this.#json.send("DELETE", ["v2", "fns", fn.id]);
  }
}
