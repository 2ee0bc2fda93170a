import { CommandError } from "../common/io.ts";
import { check, type JsonApi, type Page, type PageRequest } from "./json-api.ts";
import { type FnResource, isTrigger, type TriggerChange, type TriggerResource } from "./resources.ts";

const TRIGGERS = { name: "items", isItem: isTrigger };

/** Triggers, by `/v2`. */
export class TriggersApi {
  readonly #json: JsonApi;

  constructor(json: JsonApi) {
    this.#json = json;
  }

  async create(fn: FnResource, name: string, trigger: TriggerChange): Promise<TriggerResource> {
    const created = await this.#json.send("POST", ["v2", "triggers"], {
      name,
      app_id: fn.app_id,
      fn_id: fn.id,
      ...trigger,
    });
    return check(created, "trigger", isTrigger);
  }

  /** Those of an app, or of one of its functions. */
  list(appId: string, fnId: string | undefined, page: PageRequest): Promise<Page<TriggerResource>> {
    return this.#json.list(["v2", "triggers"], TRIGGERS, page, { app_id: appId, fn_id: fnId });
  }

  async get(fn: FnResource, name: string): Promise<TriggerResource> {
    const query = { app_id: fn.app_id, fn_id: fn.id, name };
    const { items } = await this.#json.list(["v2", "triggers"], TRIGGERS, { limit: 1 }, query);
    if (items[0]) return items[0];
    throw new CommandError("Trigger not found");
  }

  /** Merges: what is absent stays; an empty text removes an annotation. */
  async update(trigger: TriggerResource, change: TriggerChange): Promise<void> {
    await this.#json.send("PUT", ["v2", "triggers", trigger.id], change);
  }

  async remove(trigger: TriggerResource): Promise<void> {
    await this.#json.send("DELETE", ["v2", "triggers", trigger.id]);
  }
}
