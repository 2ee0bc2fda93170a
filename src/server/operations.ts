import type { Exchange } from "../http1/exchange.ts";
import { DRAINING_FIELDS } from "../http1/node-state.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import { pathOf } from "../http1/target.ts";
import { asFnError, FnError } from "../model/errors.ts";
import { toJson } from "../model/json.ts";
import type { Store } from "../store/store.ts";
import type { Access, Asker } from "./auth/access.ts";
import type { Metrics } from "./metrics.ts";
import { JSON_TYPE, refuse } from "./refusal.ts";

export interface OperationsOptions {
  readonly access: Pick<Access, "authorize">;
  readonly metrics: Metrics;
  readonly store: Store;
  /** Whether the node is going down: it still answers, and wants no new calls. */
  readonly isDraining: () => boolean;
}

type Answer = { readonly status: number; readonly type: string; readonly text: string };

/**
 * What those who run a node ask it: `GET /metrics` (Prometheus), `GET /health/live` (200 as long as the process
 * answers) and `GET /health/ready` (200 when it takes calls, 503 while it stops or cannot reach its database). Of the health
 * everybody may know, since balancers and supervisors ask for it.
 */
export class Operations {
  readonly #isDraining: () => boolean;
  readonly #answers: ReadonlyMap<string, (asker: Asker) => Promise<Answer>>;

  constructor({ access, metrics, store, isDraining }: OperationsOptions) {
    this.#isDraining = isDraining;
    this.#answers = new Map<string, (asker: Asker) => Promise<Answer>>([
      [
        "/metrics",
        async (asker) => {
          await access.authorize(asker, "read");
          return { status: 200, type: metrics.contentType, text: await metrics.text() };
        },
      ],
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

  /** Answers it; `peer` is the address at the other end. Never rejects. */
  async handle(exchange: Exchange, peer: string): Promise<void> {
    const { target, fields: asked } = exchange.head;
    try {
      const answer = await this.#answers.get(pathOf(target))?.({ fields: asked, peer });
      if (!answer) throw new FnError("path_not_found", { path: target });
      const fields = ["Content-Type", answer.type, ...(this.#isDraining() ? DRAINING_FIELDS : [])];
      exchange.answer(answer.status, fields, Buffer.from(answer.text));
    } catch (error) {
      refuse(exchange, asFnError(error), "v1", this.#isDraining());
    }
  }
}

function state(status: number, text: string): Answer {
  return { status, type: JSON_TYPE, text: toJson({ state: text }) };
}
