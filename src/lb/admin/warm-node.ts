import { Agent, request } from "undici";
import { isJsonObject, toJson } from "../../model/json.ts";
import type { WarmNode } from "./prewarm.ts";

/** The answer is a number in JSON. */
const ANSWER_BYTES_MAX = 64 * 1024;

interface WarmNodeOptions {
  /** For a node to take the functions on. */
  readonly timeoutMs: number;
  /** Undefined to speak plain HTTP. `ca` vouches for the nodes, in PEM; undefined for Node's own list. */
  readonly tls?: { readonly ca: string | undefined } | undefined;
  /** What nodes are shown that ask for a token. */
  readonly token?: string | undefined;
}

/** Over HTTP: `POST /1/node/prewarm` with `{"fns": [...]}`, which a node answers with 2xx and `{"warming": n}`. */
export function createWarmNode({ timeoutMs, tls, token }: WarmNodeOptions): WarmNode {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return async (node, fns) => {
    const dispatcher = new Agent({ maxResponseSize: ANSWER_BYTES_MAX, connect: { ca: tls?.ca } });
    try {
      const answer = await request(`${tls ? "https" : "http"}://${node}/1/node/prewarm`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...authorization },
        body: toJson({ fns }),
        dispatcher,
        signal: AbortSignal.timeout(timeoutMs),
        reset: true,
      });
      const text = await answer.body.text();
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        throw new Error(`the node answered with status ${answer.statusCode}`);
      }
      const body: unknown = JSON.parse(text);
      const warming = isJsonObject(body) ? body.warming : undefined;
      if (typeof warming !== "number" || warming < 0) throw new Error("the node does not say what it warms");
      return warming;
    } finally {
      await dispatcher.destroy();
    }
  };
}
