import type { ClientConnection, ResponsePart, ResponseTaker } from "../../http1/client-connection.ts";
import type { Exchange } from "../../http1/exchange.ts";
import { Http1Error } from "../../http1/http1-error.ts";
import type { BodyTaker } from "../../http1/incoming-body.ts";
import { requestErrorOf } from "../../http1/request-error.ts";
import type { InterimHead, ResponseHead } from "../../http1/response-reader.ts";
import { FnError } from "../../model/errors.ts";
import type { AttemptOutcome } from "../observer.ts";
import type { Placing } from "../placement/policy.ts";
import { interimLines, readNodeAnswer } from "./answer-fields.ts";
import { relayHead, relayPart } from "./answer-relay.ts";
import type { Acquirer, ConnectionPool } from "./connection-pool.ts";
import { answerError } from "./error-answer.ts";
import type { Forwarder, NodeOutcome } from "./forwarder.ts";
import type { Peer } from "./peer.ts";
import { encodeNodeRequest } from "./request-fields.ts";
import { RequestRelay } from "./request-relay.ts";
import { isRepeatable, nextAttempt } from "./retry-rule.ts";

/**
 * Where a request stands.
 *
 *     placed ⇄ sent ──► answering ──► over
 *
 * From `sent` back to `placed` when an attempt has failed and there is another; from everywhere to `over` when there is none,
 * and when the client leaves.
 */
type State = "placed" | "sent" | "answering" | "over";

/** One request on its way to a node and back. */
export class Forwarding implements Acquirer, ResponseTaker, BodyTaker {
  readonly #forwarder: Forwarder;
  readonly #exchange: Exchange;
  readonly #fn: string;
  readonly #requestId: string;
  readonly #head: string;
  readonly #beganNs: number;
  #state: State = "placed";
  #tried: readonly string[] = NONE;
  #attempts = 0;
  #sends = 0;
  #attemptBeganNs: number;
  #placing: Placing | undefined;
  #node: string | undefined;
  #pool: ConnectionPool | undefined;
  #connection: ClientConnection | undefined;
  #wasReused = false;
  /** This node was given another connection for this request. */
  #wasRenewed = false;
  #lastOutcome: "unreachable" | "broken" | "late" = "unreachable";
  /** What the client is told when no attempt is left: the worst that happened. */
  #failure: Failure = "no_node";
  #request: RequestRelay | undefined;
  #canInform = true;
  #isClientSlow = false;
  #status: number | undefined;
  #waitNs: number | undefined;

  constructor(forwarder: Forwarder, exchange: Exchange, peer: Peer, fn: string, requestId: string) {
    this.#forwarder = forwarder;
    this.#exchange = exchange;
    this.#fn = fn;
    this.#requestId = requestId;
    this.#head = encodeNodeRequest(exchange.head, peer, requestId);
    this.#beganNs = forwarder.clock.monotonicNs();
    this.#attemptBeganNs = this.#beganNs;
  }

  start(): void {
    this.#forwarder.retries.noteRequest(this.#beganNs);
    this.#exchange.onGone = () => this.#leave("cancelled");
    this.#place();
  }

  // From the pool.

  acquired(connection: ClientConnection): void {
    const { body, head } = this.#exchange;
    this.#state = "sent";
    this.#sends++;
    this.#connection = connection;
    this.#wasReused = connection.requests > 0;
    connection.send(head.method, this.#head, body === undefined, this);
    if (!body) {
      this.#watch(this.#forwarder.timeouts.firstByteMs);
    } else if (this.#request) {
      this.#request.sendAgain(connection);
      this.#watchRequest(true);
    } else {
      const kept = isRepeatable(head) ? this.#forwarder.kept : undefined;
      this.#request = new RequestRelay(body, head, kept, connection);
      // Only now is the body asked for: there is a node to take it.
      body.giveTo(this);
    }
  }

  refused(reason: "unreachable" | "busy", cause: Error): void {
    if (reason === "unreachable") this.#tell("unreachable", cause);
    else if (this.#failure === "no_node") this.#failure = "nodes_busy";
    this.#goOn("unreachable");
  }

  // From the client.

  part(bytes: Buffer): boolean {
    const goesOn = this.#request?.part(bytes) ?? false;
    this.#watchRequest(goesOn);
    return goesOn;
  }

  end(failure: Error | undefined): void {
    if (!failure) {
      this.#request?.end();
      this.#watchRequest(true);
    } else if (failure instanceof Http1Error && this.#state !== "over") {
      // What came is no body. A client that has left says so by itself.
      const isAnswering = this.#state === "answering";
      if (!isAnswering) this.#status = requestErrorOf(failure).status;
      this.#leave("cancelled");
      if (isAnswering) this.#exchange.breakOff();
      else answerError(this.#exchange, requestErrorOf(failure), this.#requestId);
    }
  }

  // From the node.

  interim({ status, fields }: InterimHead): void {
    // The wish for a 100 was heard here. And what a client is too slow for, it need not be told.
    if (status === 100 || !this.#canInform) return;
    this.#canInform = this.#exchange.inform(status, interimLines(fields));
  }

  head(head: ResponseHead, rest: ResponsePart): boolean {
    const { fields, waitNs, isDraining } = readNodeAnswer(head, this.#requestId);
    this.#state = "answering";
    this.#status = head.status;
    this.#waitNs = waitNs;
    this.#placing?.answered(waitNs);
    if (this.#pool) this.#pool.heardAtNs = this.#forwarder.clock.monotonicNs();
    this.#tell("ok", undefined, isDraining);
    this.#request?.forget();
    if (rest.isWhole) this.#leave("answered");
    return this.#goesOn(relayHead(this.#exchange, head, fields, rest));
  }

  more(part: ResponsePart): boolean {
    if (part.isWhole) this.#leave("answered");
    return this.#goesOn(relayPart(this.#exchange, part));
  }

  failed(cause: Error): void {
    if (this.#state === "answering") this.#cut("cut");
    else this.#fail("broken", cause);
  }

  drained(): void {
    this.#request?.resume();
    if (this.#state === "sent") this.#watchRequest(true);
  }

  late(): void {
    this.#connection?.destroy();
    if (this.#state === "answering") this.#cut(this.#isClientSlow ? "cancelled" : "cut");
    else this.#fail("late", new Error("the answer did not begin in time"));
  }

  #place(): void {
    const placing = this.#forwarder.policy.place(this.#fn, this.#tried);
    if (!placing) {
      this.#giveUp();
      return;
    }
    this.#placing = placing;
    this.#node = placing.node;
    this.#wasRenewed = false;
    this.#attempt(false);
  }

  #attempt(isFresh: boolean): void {
    const { pools, clock } = this.#forwarder;
    this.#state = "placed";
    if (this.#attempts++ > 0) this.#attemptBeganNs = clock.monotonicNs();
    this.#pool = pools.find(this.#node ?? "");
    if (this.#pool) this.#pool.acquire(this, isFresh);
    else this.refused("unreachable", new Error("the node was removed"));
  }

  #fail(outcome: "broken" | "late", cause: Error): void {
    this.#connection = undefined;
    this.#request?.detach();
    this.#failure = outcome === "late" ? "node_late" : "node_failed";
    this.#tell(outcome, cause);
    this.#goOn(outcome);
  }

  /** After an attempt that has failed before an answer began. */
  #goOn(outcome: "unreachable" | "broken" | "late"): void {
    const { observer, retries, clock } = this.#forwarder;
    this.#lastOutcome = outcome;
    const next = nextAttempt({
      outcome,
      attempts: this.#attempts,
      sends: this.#sends,
      isRepeatable: isRepeatable(this.#exchange.head),
      isBodyAtHand: this.#request?.isAtHand ?? true,
      wasReused: this.#wasReused,
      wasRenewed: this.#wasRenewed,
      isNodeSilent: this.#isNodeSilent(),
    });
    // A node that cannot be reached has no load from being tried.
    if (next === "none" || (outcome !== "unreachable" && !retries.take(clock.monotonicNs()))) {
      this.#giveUp();
      return;
    }
    observer.retried(this.#node ?? "", outcome);
    if (next === "same-node") {
      this.#wasRenewed = true;
      this.#attempt(true);
      return;
    }
    this.#placing?.end();
    this.#tried = [...this.#tried, this.#node ?? ""];
    this.#place();
  }

  #giveUp(): void {
    const code = this.#failure;
    const error = new FnError(code, {}, RETRY_LATER.has(code) ? { retryAfterS: RETRY_AFTER_S } : {});
    this.#status = error.status;
    this.#leave(this.#lastOutcome);
    answerError(this.#exchange, error, this.#requestId);
  }

  /** A node that works answers others, and checks, in half of the time that a slow function may take. */
  #isNodeSilent(): boolean {
    const { clock, timeouts } = this.#forwarder;
    const silentMs = (clock.monotonicNs() - (this.#pool?.heardAtNs ?? 0)) / 1e6;
    return silentMs > timeouts.firstByteMs / 2;
  }

  /** The answer has begun, and will not be whole. */
  #cut(outcome: AttemptOutcome): void {
    this.#leave(outcome);
    this.#exchange.breakOff();
  }

  /** It is over: lets go of everything, and tells how it went. What the client gets is up to the caller. */
  #leave(outcome: AttemptOutcome): void {
    if (this.#state === "over") return;
    const { observer, clock } = this.#forwarder;
    if (this.#state === "placed") this.#pool?.forget(this);
    // A response that is whole has given its connection back by itself.
    if (outcome !== "answered") this.#connection?.destroy();
    this.#state = "over";
    this.#connection = undefined;
    this.#request?.detach();
    this.#request?.forget();
    this.#placing?.end();
    observer.finished({
      node: this.#node,
      fn: this.#fn,
      outcome,
      status: this.#status,
      ms: (clock.monotonicNs() - this.#beganNs) / 1e6,
      waitNs: this.#waitNs,
    });
  }

  #tell(kind: NodeOutcome["kind"], cause: Error | undefined, isDraining = false): void {
    const outcome = { kind, beganNs: this.#attemptBeganNs, cause, isDraining };
    this.#forwarder.onOutcome(this.#node ?? "", outcome);
  }

  /** Whether the node may send on; where not, until the client has taken what it was given. */
  #goesOn(wait: void | Promise<void>): boolean {
    // `late` tells by this whose the silence is.
    this.#isClientSlow = wait !== undefined;
    if (this.#state === "answering") this.#watch(this.#forwarder.timeouts.silenceMs);
    wait?.then(() => this.#onClientReady(), ignore);
    return !wait;
  }

  #onClientReady(): void {
    if (this.#state !== "answering") return;
    this.#isClientSlow = false;
    this.#watch(this.#forwarder.timeouts.silenceMs);
    this.#connection?.resume();
  }

  /** While a body comes, its client's connection watches over the client, and this over the node. */
  #watchRequest(nodeTakesMore: boolean): void {
    if (this.#state !== "sent") return;
    const { firstByteMs, silenceMs } = this.#forwarder.timeouts;
    if (this.#request?.isWhole) this.#watch(firstByteMs);
    else this.#watch(nodeTakesMore ? Number.POSITIVE_INFINITY : silenceMs);
  }

  /** The alarm goes off after this time, or when the request has taken too long in all. */
  #watch(delayMs: number): void {
    const { clock, timeouts } = this.#forwarder;
    const leftMs = timeouts.totalMs - (clock.monotonicNs() - this.#beganNs) / 1e6;
    this.#connection?.setAlarm(Math.min(delayMs, Math.max(leftMs, 0)));
  }
}

type Failure = "no_node" | "nodes_busy" | "node_failed" | "node_late";

const NONE: readonly string[] = [];

/** What may be over soon: a node comes back, or is added, or has a connection free. */
const RETRY_LATER: ReadonlySet<Failure> = new Set(["no_node", "nodes_busy"]);
const RETRY_AFTER_S = 1;

function ignore(): void {}
