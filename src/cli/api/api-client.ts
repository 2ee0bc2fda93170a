import { AppsApi } from "./apps.ts";
import { BalancerApi } from "./balancer.ts";
import { CallsApi } from "./calls.ts";
import { FnsApi } from "./fns.ts";
import { JsonApi, pick } from "./json-api.ts";
import { isText } from "./resources.ts";
import { RoutesApi } from "./routes.ts";
import { TokensApi } from "./tokens.ts";
import { TriggersApi } from "./triggers.ts";

/** How a node runs functions. */
export interface NodeInfo {
  /** `docker` or `process`; others run none themselves. */
  readonly driver: string;
  /** The folder on its machine below which images `dir:PATH` lie; undefined when it runs none. */
  readonly functionsRoot: string | undefined;
}

/**
 * The management API of a server or a balancer: apps, fns and triggers by `/v2`, routes and calls by `/v1`. Every method
 * fails with `CommandError` (see `JsonApi`).
 */
export class ApiClient {
  /** Ends with a slash. */
  readonly server: URL;
  readonly apps: AppsApi;
  readonly fns: FnsApi;
  readonly triggers: TriggersApi;
  readonly routes: RoutesApi;
  readonly calls: CallsApi;
  readonly tokens: TokensApi;
  readonly balancer: BalancerApi;
  readonly #json: JsonApi;

  /** `note` is told of each request and its answer. */
  constructor(server: URL, token?: string, note: (line: string) => void = () => {}) {
    this.#json = new JsonApi(server, token, note);
    this.server = server;
    this.apps = new AppsApi(this.#json);
    this.fns = new FnsApi(this.#json, this.apps);
    this.triggers = new TriggersApi(this.#json);
    this.routes = new RoutesApi(this.#json);
    this.calls = new CallsApi(this.#json);
    this.tokens = new TokensApi(this.#json);
    this.balancer = new BalancerApi(this.#json);
  }

  /** What the node says of itself. Errors: `CommandError` when it is one that does not. */
  async nodeInfo(): Promise<NodeInfo> {
    const info = await this.#json.get(["1", "node"]);
    const root = info.functions_root;
    return { driver: pick(info, "driver", isText), functionsRoot: isText(root) ? root : undefined };
  }

  async serverVersion(): Promise<string> {
    return pick(await this.#json.get(["version"]), "version", isText);
  }

  /** What identifies the caller; functions are called with it, too. */
  authorization(): Record<string, string> {
    return this.#json.authorization();
  }
}
