import type { IncomingMessage, ServerResponse } from "node:http";
import { type Dispatcher, errors } from "undici";
import type { Clock } from "../../clock/clock.ts";
import { FnError } from "../../model/errors.ts";
import { requestFields } from "./fields.ts";
import type { NodePools } from "./node-pools.ts";
import { type Outcome, Relay } from "./relay.ts";
import { hasBody, RequestBody } from "./request-body.ts";
import type { Target } from "./target.ts";

/** Methods that ask for nothing to change, so that sending them twice is no harm (RFC 9110, section 9.2.2). */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** A request of a client and the means to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: Target;
}

interface ForwardOptions {
  readonly pools: NodePools;
  readonly clock: Clock;
  /** The head of an answer came, with the wait it tells, in nanoseconds. */
  readonly onAnswer: (node: string, waitNs: number | undefined) => void;
  /** A node could not be reached; `beganNs` is when that was tried, in monotonic nanoseconds. */
  readonly onUnreachable: (node: string, beganNs: number, cause: Error) => void;
}

/**
 * Has a request answered by the first of the nodes that can be reached. A node that is passed over has seen
 * nothing of the request, and nothing of its body was taken from the client.
 *
 * A request that may be repeated is sent again when the connection breaks before any answer. Once to the same node:
 * it closes a connection that was idle for long at any moment, and that moment can be this one. Then to the next:
 * a node that breaks off twice is going down, and each connection to it that is left in the pool is dead.
 *
 * Resolves when the exchange is over, also when the client left or the node broke off in mid-answer. Throws
 * `no_node`, `node_failed` or `request_malformed` while the client can still be told.
 */
export async function forward(
  exchange: Exchange,
  nodes: readonly string[],
  options: ForwardOptions,
): Promise<void> {
  const { response } = exchange;
  const message = toMessage(exchange);
  const isRepeatable = REPEATABLE.has(message.method) && message.body === null;
  let failure = new FnError("no_node");

  for (const node of nodes) {
    let outcome = await attempt(node, message, response, options);
    if (outcome.kind === "broken" && isRepeatable) outcome = await attempt(node, message, response, options);
    if (outcome.kind === "done" || response.destroyed) return;
    if (outcome.kind === "broken") {
      failure = new FnError("node_failed", {}, { cause: outcome.cause });
      if (!isRepeatable) break;
    }
  }
  throw failure;
}

async function attempt(
  node: string,
  message: Dispatcher.DispatchOptions,
  response: ServerResponse,
  { pools, clock, onAnswer, onUnreachable }: ForwardOptions,
): Promise<Outcome> {
  const pool = pools.find(node);
  if (pool === undefined) return { kind: "unreachable", cause: new Error("the node was removed") };

  const beganNs = clock.monotonicNs();
  const relay = new Relay(response, (waitNs) => onAnswer(node, waitNs));
  pool.dispatch(message, relay);
  const outcome = await relay.outcome;
  if (outcome.kind === "unreachable") {
    if (outcome.cause instanceof errors.InvalidArgumentError) {
      throw new FnError("request_malformed", { reason: outcome.cause.message });
    }
    onUnreachable(node, beganNs, outcome.cause);
  }
  return outcome;
}

/** The request as it goes to a node; the same for each, since no node that is passed over has touched it. */
function toMessage({ request, response, target }: Exchange): Dispatcher.DispatchOptions {
  const peer = request.socket.remoteAddress ?? "";
  const onFirstRead = () => {
    // The client waits for this word before it sends its body, so it comes when there is a node to take it.
    if (request.headers.expect !== undefined) response.writeContinue();
  };
  return {
    method: request.method ?? "GET",
    path: target.path + target.query,
    headers: requestFields(request.rawHeaders, { peer, host: target.host }),
    body: hasBody(request) ? new RequestBody(request, onFirstRead) : null,
  };
}
