import { CommandError } from "../common/io.ts";
import { EVERYTHING, type JsonApi, type Page, type PageRequest, pick } from "./json-api.ts";
import { isRoute, type RouteChange, type RouteResource } from "./resources.ts";
import { segmentsOf } from "./server-url.ts";

/** Routes, by `/v1`. */
export class RoutesApi {
  readonly #json: JsonApi;

  constructor(json: JsonApi) {
    this.#json = json;
  }

  async create(app: string, route: RouteChange): Promise<void> {
    await this.#json.send("POST", ["v1", "apps", app, "routes"], { route });
  }

  list(app: string, page: PageRequest): Promise<Page<RouteResource>> {
    return this.#json.list(["v1", "apps", app, "routes"], { name: "routes", isItem: isRoute }, page);
  }

  async get(app: string, path: string): Promise<RouteResource> {
    const [segment, ...more] = segmentsOf(path);
    // GET reaches only paths of one segment: for `/` it is the list, for `/a/b` the Fn server has no handler.
    if (segment === undefined || more.length > 0) return this.#find(app, path);
    return pick(await this.#json.get(["v1", "apps", app, "routes", segment]), "route", isRoute);
  }

  /** Merges: fields that are absent, empty or zero stay as they are. */
  async update(app: string, path: string, route: RouteChange): Promise<void> {
    await this.#json.send("PATCH", routeSegments(app, path), { route });
  }

  async remove(app: string, path: string): Promise<void> {
    await this.#json.send("DELETE", routeSegments(app, path));
  }

  async #find(app: string, path: string): Promise<RouteResource> {
    const { items } = await this.list(app, EVERYTHING);
    const route = items.find((candidate) => candidate.path === path);
    if (route) return route;
    throw new CommandError("Route not found");
  }
}

function routeSegments(app: string, path: string): string[] {
  const segments = segmentsOf(path);
  // The route `/` is the empty segment: `…/routes/`.
  return ["v1", "apps", app, "routes", ...(segments.length === 0 ? [""] : segments)];
}
