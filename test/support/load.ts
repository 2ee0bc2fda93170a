/** Callers that call one after another until they are told to stop, over connections that are kept. */
import { Agent, request } from "node:http";

export interface Outcome {
  /** Undefined when the connection broke; `error` then says how. */
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** The node that answered. */
  readonly node: string | undefined;
  readonly ms: number;
  /** Of the performance clock, when the call began. */
  readonly beganAtMs: number;
  readonly body: string;
}

export interface LoadOptions {
  /** One caller for each. */
  readonly urls: readonly string[];
  readonly method?: string;
  readonly body?: string;
  /** False: a new connection for each call. */
  readonly keepAlive?: boolean;
}

export class Load {
  readonly outcomes: Outcome[] = [];
  readonly #agent: Agent;
  readonly #options: LoadOptions;
  readonly #callers: Promise<void>[];
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: options.keepAlive ?? true });
    this.#callers = options.urls.map((url) => this.#callOn(url));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
    this.#agent.destroy();
  }

  /** Calls that did not end with 200. */
  get failures(): readonly Outcome[] {
    return this.outcomes.filter(({ status }) => status !== 200);
  }

  /** How many calls each node has answered, of those that began after this moment. */
  nodesSince(atMs: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { node, beganAtMs } of this.outcomes) {
      if (node !== undefined && beganAtMs >= atMs) counts[node] = (counts[node] ?? 0) + 1;
    }
    return counts;
  }

  async #callOn(url: string): Promise<void> {
    while (!this.#isOver) this.outcomes.push(await this.#call(url));
  }

  #call(url: string): Promise<Outcome> {
    const beganAtMs = performance.now();
    const { method = "GET", body } = this.#options;
    return new Promise((resolve) => {
      let text = "";
      let status: number | undefined;
      let node: string | undefined;
      const over = (error: Error | undefined) =>
        resolve({
          status: error ? undefined : status,
          error: error?.message,
          node,
          ms: performance.now() - beganAtMs,
          beganAtMs,
          body: text,
        });
      const call = request(url, { method, agent: this.#agent }, (answer) => {
        status = answer.statusCode;
        node = String(answer.headers["fn-node"]);
        answer.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        answer.on("end", () => over(undefined)).on("error", over);
      });
      call.on("error", over).end(body);
    });
  }
}
