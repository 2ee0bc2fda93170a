import type { Exchange } from "../http1/exchange.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import { asFnError, FnError } from "../model/errors.ts";
import { toJson } from "../model/json.ts";
import type { Store } from "../store/store.ts";
import { JSON_TYPE } from "./answer-writer.ts";
import { DRAINING_FIELDS } from "./draining.ts";
import { writeError } from "./invoke.ts";
import type { Metrics } from "./metrics.ts";
import { pathOf } from "./target.ts";

export interface OperationsOptions {
  readonly metrics: Metrics;
  readonly store: Store;
  /** Whether the node is going down: it still answers, and wants no new calls. */
  readonly isDraining: () => boolean;
}

type Answer = { readonly status: number; readonly type: string; readonly text: string };

/**
 * What those who run a node ask it: `GET /metrics` (Prometheus), `GET /health/live` (200 as long as the process
 * answers) and `GET /health/ready` (200 when it takes calls, 503 while it stops or cannot reach its database).
 */
export class Operations {
  readonly #isDraining: () => boolean;
  readonly #answers: ReadonlyMap<string, () => Promise<Answer>>;

  constructor({ metrics, store, isDraining }: OperationsOptions) {
    this.#isDraining = isDraining;
    this.#answers = new Map([
      ["/metrics", async () => ({ status: 200, type: metrics.contentType, text: await metrics.text() })],
      ["/health/live", async () => state(200, "live")],
      [
        "/health/ready",
        async () => {
          if (isDraining()) return state(503, "stopping");
          await store.changeCount();
          return state(200, "ready");
        },
      ],
    ]);
  }

  /** Whether this request is one of these. */
  serves({ method, target }: RequestHead): boolean {
    return (method === "GET" || method === "HEAD") && this.#answers.has(pathOf(target));
  }

  /** Answers it. Never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    const { target } = exchange.head;
    try {
      const answer = await this.#answers.get(pathOf(target))?.();
      if (!answer) throw new FnError("path_not_found", { path: target });
      const fields = ["Content-Type", answer.type, ...(this.#isDraining() ? DRAINING_FIELDS : [])];
      exchange.answer(answer.status, fields, Buffer.from(answer.text));
    } catch (error) {
      writeError(exchange, asFnError(error), this.#isDraining());
    }
  }
}

function state(status: number, text: string): Answer {
  return { status, type: JSON_TYPE, text: toJson({ state: text }) };
}
