import { CommandError } from "../common/io.ts";
import { check, type JsonApi, type Page, type PageRequest } from "./json-api.ts";
import { type AppChange, type AppResource, isApp } from "./resources.ts";

const APPS = { name: "items", isItem: isApp };

/** Apps, by `/v2`. */
export class AppsApi {
  readonly #json: JsonApi;

  constructor(json: JsonApi) {
    this.#json = json;
  }

  async create(name: string, app: AppChange): Promise<AppResource> {
    return check(await this.#json.send("POST", ["v2", "apps"], { name, ...app }), "app", isApp);
  }

  list(page: PageRequest): Promise<Page<AppResource>> {
    return this.#json.list(["v2", "apps"], APPS, page);
  }

  async find(name: string): Promise<AppResource | undefined> {
    const { items } = await this.#json.list(["v2", "apps"], APPS, { limit: 1 }, { name });
    return items[0];
  }

  async get(name: string): Promise<AppResource> {
    const app = await this.find(name);
    if (app) return app;
    throw new CommandError("App not found");
  }

  /** Merges: a text sets its key, an empty text removes it. */
  async update(name: string, change: AppChange): Promise<void> {
    const { id } = await this.get(name);
    await this.#json.send("PUT", ["v2", "apps", id], change);
  }

  async remove(app: AppResource): Promise<void> {
    await this.#json.send("DELETE", ["v2", "apps", app.id]);
  }
}
