import { isJsonObject } from "../../model/json.ts";
import { CommandError } from "../common/io.ts";
import { isNotFound, type JsonApi, pick } from "./json-api.ts";
import { isTrafficPoint, type NodeChange, type NodeResource, type TrafficPoint } from "./resources.ts";

/** A balancer's own management. */
export class BalancerApi {
  readonly #json: JsonApi;

  constructor(json: JsonApi) {
    this.#json = json;
  }

  /** What is known of each node, by `host:port`. */
  async nodes(): Promise<Readonly<Record<string, NodeResource>>> {
    return pick(await this.#ask(this.#json.get(NODES, { verbose: "1" })), "nodes", isNodes);
  }

  /** Adds a node, or changes it; what is absent stays. */
  async put(node: string, change: NodeChange): Promise<void> {
    await this.#ask(this.#json.send("PUT", NODES, { node, ...change }));
  }

  async remove(node: string): Promise<void> {
    await this.#ask(this.#json.send("DELETE", NODES, { node }));
  }

  /** The last minute, a point for each second, node and function. */
  async stats(): Promise<readonly TrafficPoint[]> {
    return pick(await this.#ask(this.#json.get(["1", "lb", "stats"])), "stats", isPoints);
  }

  /** A node has none of the paths of a balancer. */
  async #ask<T>(answer: Promise<T>): Promise<T> {
    return await answer.catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new CommandError(`the server at ${this.#json.server.host} is no balancer`);
    });
  }
}

const NODES = ["1", "lb", "nodes"];

function isNodes(value: unknown): value is Record<string, NodeResource> {
  return isJsonObject(value) && Object.values(value).every(isJsonObject);
}

function isPoints(value: unknown): value is TrafficPoint[] {
  return Array.isArray(value) && value.every(isTrafficPoint);
}
