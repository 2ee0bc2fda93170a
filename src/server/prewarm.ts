import type { Agent, PrewarmOutcome } from "../agent/agent.ts";
import type { Exchange } from "../http1/exchange.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import { pathOf } from "../http1/target.ts";
import { wholeBody } from "../http1/whole-body.ts";
import { asFnError, FnError } from "../model/errors.ts";
import { isJsonObject, toJson } from "../model/json.ts";
import type { FnInApp } from "../store/store.ts";
import { fnAt } from "./fn-at.ts";
import type { FnCache } from "./fn-cache.ts";
import { JSON_TYPE, refuse } from "./refusal.ts";

const PATH = "/1/node/prewarm";

/** Functions that one request may name: each pulls an image and starts a container. */
const FNS_MAX = 256;
/** That many, with long paths. */
const BODY_BYTES_MAX = 512 * 1024;

export interface PrewarmOptions {
  readonly agent: Pick<Agent, "prewarm">;
  readonly fns: FnCache;
  /** Told how each attempt to have a container ahead of its calls has ended. */
  readonly onWarmed: (outcome: PrewarmOutcome) => void;
  readonly isDraining: () => boolean;
  /** Throws, or rejects with, an FnError for a caller who may not call. */
  readonly authorize: (head: RequestHead) => void | Promise<void>;
}

/**
 * `POST /1/node/prewarm` with `{"fns": ["/r/app/path", ...]}`: balancers name the functions whose calls will come here, each
 * by a path that they are called by, and those that have no container get one, behind the answer: 202 with `{"warming": n}`. A function that does not exist, or has
 * a container, is none of the n. Who may call may do this, which is less. Errors: `invalid_json`, `prewarm_invalid`, `body_too_large`, and those of the store.
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
    const { authorize, isDraining } = this.#options;
    try {
      await authorize(exchange.head);
      const body = await wholeBody(exchange.body, BODY_BYTES_MAX);
      const paths = pathsOf(body.toString("utf8"));
      // A node that goes down begins nothing.
      const warming = isDraining() ? 0 : await this.#warm(paths);
      exchange.answer(202, ["Content-Type", JSON_TYPE], Buffer.from(toJson({ warming })));
    } catch (error) {
      refuse(exchange, asFnError(error), "v1", isDraining());
    }
  }

  /** How many have been begun. */
  async #warm(paths: readonly string[]): Promise<number> {
    const { agent, onWarmed } = this.#options;
    const fns = await Promise.all(paths.map((path) => this.#fnAt(path)));
    let warming = 0;
    for (const called of fns) {
      const outcome = called && agent.prewarm(called);
      if (!outcome) continue;
      warming++;
      void outcome.then(onWarmed);
    }
    return warming;
  }

  /** Undefined when there is none. */
  async #fnAt(path: string): Promise<FnInApp | undefined> {
    try {
      return await fnAt(this.#options.fns, path);
    } catch (error) {
      if (error instanceof FnError && error.fault === "caller") return undefined;
      throw error;
    }
  }
}

/** Each once. */
function pathsOf(text: string): readonly string[] {
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
