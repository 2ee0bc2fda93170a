import type { Agent, PrewarmOutcome } from "../agent/agent.ts";
import type { Exchange } from "../http1/exchange.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import { asFnError, FnError } from "../model/errors.ts";
import { isJsonObject, toJson } from "../model/json.ts";
import type { RouteInApp } from "../store/store.ts";
import { JSON_TYPE } from "./answer-writer.ts";
import { writeError } from "./invoke.ts";
import { asRequestError } from "./request-error.ts";
import { routeAt } from "./route-at.ts";
import type { RouteCache } from "./route-cache.ts";
import { pathOf } from "./target.ts";

const PATH = "/1/node/prewarm";

/** Functions that one request may name: each pulls an image and starts a container. */
const FNS_MAX = 256;
/** That many, with long paths. */
const BODY_BYTES_MAX = 512 * 1024;

export interface PrewarmOptions {
  readonly agent: Pick<Agent, "prewarm">;
  readonly routes: RouteCache;
  /** Told how each attempt to have a container ahead of its calls has ended. */
  readonly onWarmed: (outcome: PrewarmOutcome) => void;
  readonly isDraining: () => boolean;
}

/**
 * `POST /1/node/prewarm` with `{"fns": ["/r/app/path", ...]}`: balancers name the functions whose calls will come here, and
 * those that have no container get one, behind the answer: 202 with `{"warming": n}`. A function that does not exist, or has
 * a container, is none of the n. Errors: `invalid_json`, `prewarm_invalid`, `body_too_large`, and those of the store.
 */
export class Prewarm {
  readonly #options: PrewarmOptions;

  constructor(options: PrewarmOptions) {
    this.#options = options;
  }

  /** Whether this request is one of these. */
  serves({ method, target }: RequestHead): boolean {
    return method === "POST" && pathOf(target) === PATH;
  }

  /** Answers it. Never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    const { isDraining } = this.#options;
    try {
      const fns = fnsOf(await readText(exchange));
      // A node that goes down begins nothing.
      const warming = isDraining() ? 0 : await this.#warm(fns);
      exchange.answer(202, ["Content-Type", JSON_TYPE], Buffer.from(toJson({ warming })));
    } catch (error) {
      writeError(exchange, asFnError(error), isDraining());
    }
  }

  /** How many have been begun. */
  async #warm(fns: readonly string[]): Promise<number> {
    const { agent, onWarmed } = this.#options;
    const routes = await Promise.all(fns.map((fn) => this.#routeOf(fn)));
    let warming = 0;
    for (const route of routes) {
      const outcome = route && agent.prewarm(route);
      if (!outcome) continue;
      warming++;
      void outcome.then(onWarmed);
    }
    return warming;
  }

  /** Undefined when there is none. */
  async #routeOf(fn: string): Promise<RouteInApp | undefined> {
    try {
      return await routeAt(this.#options.routes, fn);
    } catch (error) {
      if (error instanceof FnError && error.fault === "caller") return undefined;
      throw error;
    }
  }
}

/** Each once. */
function fnsOf(text: string): readonly string[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new FnError("invalid_json");
  }
  const fns: unknown = isJsonObject(body) ? body.fns : undefined;
  const isList = Array.isArray(fns) && fns.length <= FNS_MAX;
  if (!isList || !fns.every((fn) => typeof fn === "string")) {
    throw new FnError("prewarm_invalid", { max: FNS_MAX });
  }
  return [...new Set(fns)];
}

async function readText({ body }: Exchange): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of body ?? []) {
      bytes += part.length;
      if (bytes > BODY_BYTES_MAX) {
        throw new FnError("body_too_large", { length: `over ${BODY_BYTES_MAX}`, max: BODY_BYTES_MAX });
      }
      parts.push(part);
    }
  } catch (error) {
    throw asRequestError(error);
  }
  return Buffer.concat(parts).toString("utf8");
}
