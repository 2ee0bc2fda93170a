import { Agent, request } from "undici";
import { NODE_STATE_FIELD, saysDraining } from "../../http1/node-state.ts";
import { isJsonObject } from "../../model/json.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

/** A version answer has some 20 bytes; a node that sends more than this is no node of ours. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** Asks a node whether it can take requests; throws with the reason when it cannot. */
export type HealthCheck = (node: string, signal: AbortSignal) => Promise<CheckAnswer>;

export interface CheckAnswer {
  /** The node says that it is going down. */
  readonly isDraining: boolean;
}

/**
 * A check over HTTP: `GET path` must answer 2xx with JSON whose `version` is at least `versionMin`. Each goes over
 * a connection of its own, so that a node which no longer accepts any is found out. Throws when `versionMin` is
 * not of the form a.b.c.
 */
export function createHealthCheck(options: {
  readonly path: string;
  readonly versionMin: string;
  /** Undefined to speak plain HTTP. `ca` vouches for the nodes, in PEM; undefined for Node's own list. */
  readonly tls?: { readonly ca: string | undefined } | undefined;
}): HealthCheck {
  const versionMin = parseVersion(options.versionMin);
  if (versionMin === undefined) throw new Error(`'${options.versionMin}' is not a version of the form a.b.c`);
  const { path, tls } = options;
  return async (node, signal) => {
    const dispatcher = new Agent({ maxResponseSize: ANSWER_BYTES_MAX, connect: { ca: tls?.ca } });
    try {
      const answer = await request(`${tls ? "https" : "http"}://${node}${path}`, {
        dispatcher,
        signal,
        reset: true,
      });
      const body = await answer.body.text();
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        throw new Error(`the health check was answered with status ${answer.statusCode}`);
      }
      checkVersion(body, versionMin);
      const state = answer.headers[NODE_STATE_FIELD];
      return { isDraining: typeof state === "string" && saysDraining(state) };
    } finally {
      await dispatcher.destroy();
    }
  };
}

function checkVersion(body: string, versionMin: Version): void {
  const answer: unknown = JSON.parse(body);
  const text = isJsonObject(answer) ? answer.version : undefined;
  const version = typeof text === "string" ? parseVersion(text) : undefined;
  if (version === undefined) throw new Error("the health check's answer has no version of the form a.b.c");
  if (compareVersions(version, versionMin) < 0) {
    throw new Error(`the node's version ${text} is older than the least that is accepted`);
  }
}
