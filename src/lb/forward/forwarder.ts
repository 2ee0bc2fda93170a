import type { Clock } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import type { Exchange } from "../../http1/exchange.ts";
import type { FnError } from "../../model/errors.ts";
import type { LbObserver } from "../observer.ts";
import type { Policy } from "../placement/policy.ts";
import type { ConnectionPools } from "./connection-pools.ts";
import { isLastHop, refusalOf } from "./edge-check.ts";
import { answerError } from "./error-answer.ts";
import { Forwarding } from "./forwarding.ts";
import { KeptBytes } from "./kept-body.ts";
import type { Peer } from "./peer.ts";
import { RequestIds } from "./request-id.ts";
import { RetryBudget } from "./retry-budget.ts";

/** How long a request may take, and what in it. */
export interface ForwardTimeouts {
  /** From the request to the head of the answer: functions may run for an hour, and are queued before that. */
  readonly firstByteMs: number;
  /** Of a node within its answer, of a client that takes none of it, and of a node that takes nothing of a request. */
  readonly silenceMs: number;
  /** From the request's head to the end of the answer. */
  readonly totalMs: number;
}

export const DEFAULT_TIMEOUTS: ForwardTimeouts = {
  firstByteMs: 3_610_000,
  silenceMs: 3_610_000,
  totalMs: 7_220_000,
};

/** What an attempt says about the health of its node. */
export interface NodeOutcome {
  /** `ok`: an answer began. The others: as an `AttemptOutcome`. */
  readonly kind: "ok" | "unreachable" | "broken" | "late";
  /** When the attempt began, in monotonic nanoseconds. */
  readonly beganNs: number;
  /** Undefined for `ok`. */
  readonly cause: Error | undefined;
  /** The node's answer said that it wants no further requests. */
  readonly isDraining: boolean;
}

export interface ForwarderOptions {
  readonly policy: Pick<Policy, "place">;
  readonly pools: ConnectionPools;
  readonly observer: LbObserver;
  readonly onOutcome: (node: string, outcome: NodeOutcome) => void;
  readonly clock: Clock;
  readonly random: Random;
  /** DEFAULT_TIMEOUTS, where it is absent; read anew for each request. */
  readonly timeouts?: ForwardTimeouts;
  /** Of the bodies of all requests, how much is kept for sending it again. */
  readonly keptBytesMax?: number;
}

/** Has requests answered by nodes. */
export class Forwarder {
  readonly policy: Pick<Policy, "place">;
  readonly pools: ConnectionPools;
  readonly observer: LbObserver;
  readonly onOutcome: (node: string, outcome: NodeOutcome) => void;
  readonly clock: Clock;
  readonly retries = new RetryBudget();
  readonly kept: KeptBytes;
  readonly #ids: RequestIds;
  readonly #options: ForwarderOptions;

  constructor(options: ForwarderOptions) {
    this.policy = options.policy;
    this.pools = options.pools;
    this.observer = options.observer;
    this.onOutcome = options.onOutcome;
    this.clock = options.clock;
    this.#options = options;
    this.kept = new KeptBytes(options.keptBytesMax);
    this.#ids = new RequestIds(options.random);
  }

  get timeouts(): ForwardTimeouts {
    return this.#options.timeouts ?? DEFAULT_TIMEOUTS;
  }

  /** Answers a request for the function of this key (placement/key.ts), sooner or later. Throws nothing. */
  forward(exchange: Exchange, peer: Peer, fn: string): void {
    const { head } = exchange;
    const requestId = this.#ids.idOf(toldId(head.fields));
    const refusal = refusalOf(head);
    if (refusal) answerError(exchange, refusal, requestId);
    else if (isLastHop(head)) exchange.answer(204, ["X-Request-Id", requestId], NOTHING);
    else new Forwarding(this, exchange, peer, fn, requestId).start();
  }

  /** Answers with an error, for those who serve requests beside this. */
  refuse(exchange: Exchange, error: FnError): void {
    answerError(exchange, error, this.#ids.idOf(toldId(exchange.head.fields)));
  }
}

const NOTHING = Buffer.alloc(0);

function toldId(fields: Exchange["head"]["fields"]): string | undefined {
  for (const [name, value] of fields) {
    if (name.length === "x-request-id".length && name.toLowerCase() === "x-request-id") return value;
  }
  return undefined;
}
