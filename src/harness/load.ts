import { inFunctionSeconds, nodeNameOf } from "./attribution.ts";
import { type HttpClient, NoReplyError } from "./http-client.ts";

/** What became of one call. */
export interface Outcome {
  /** From 1, in the order in which the calls began. */
  readonly call: number;
  /** The name of the node that answered; undefined when nobody says. */
  readonly node: string | undefined;
  /** To the last byte, or to the failure. */
  readonly durationMs: number;
  /** As the function measured it. */
  readonly inFunctionSeconds: number | undefined;
  /** Undefined for an answer with a status of success. */
  readonly failure: Failure | undefined;
}

export interface Failure {
  /** The HTTP status as text, `timeout`, or a network error such as `ECONNREFUSED`. */
  readonly status: string;
  /** What was answered, cut. */
  readonly body: string;
}

export interface Load {
  readonly calls: number;
  readonly concurrency: number;
  /** `host:port` of the balancer. */
  readonly authority: string;
  /** With the query. */
  readonly path: string;
}

/** How much of a failed call's body is kept. */
const EXCERPT_LENGTH_MAX = 200;

/** Calls so often, so many at a time, each of which starts the next one when it ends. */
export async function offerLoad(
  client: HttpClient,
  load: Load,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun < load.calls) {
      begun++;
      onOutcome(await callOnce(client, load, begun));
    }
  };
  await Promise.all(Array.from({ length: Math.min(load.concurrency, load.calls) }, caller));
}

async function callOnce(client: HttpClient, { authority, path }: Load, call: number): Promise<Outcome> {
  try {
    const reply = await client.send({ method: "GET", authority, path });
    const { status, body, durationMs } = reply;
    const isSuccess = status >= 200 && status < 300;
    return {
      call,
      node: nodeNameOf(reply),
      durationMs,
      inFunctionSeconds: inFunctionSeconds(body),
      failure: isSuccess ? undefined : { status: String(status), body: excerpt(body) },
    };
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    const failure = { status: error.reason, body: "" };
    return { call, node: undefined, durationMs: error.durationMs, inFunctionSeconds: undefined, failure };
  }
}

function excerpt(body: string): string {
  const line = body.replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_LENGTH_MAX ? `${line.slice(0, EXCERPT_LENGTH_MAX)}…` : line;
}
