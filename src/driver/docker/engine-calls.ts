import { finished } from "node:stream";
import type Docker from "dockerode";
import type { Clock } from "../../clock/clock.ts";

/**
 * `refused`: the engine answered that it will not; `failed`: there was no answer, or it ended with an error;
 * `cancelled`: who asked has left.
 */
export type EngineOutcome = "ok" | "refused" | "failed" | "cancelled";

/** Told of a call to the engine that is over. Must be quick and must not throw. */
export type OnEngineCall = (operation: EngineOperation, ms: number, outcome: EngineOutcome) => void;

export type EngineOperation = (typeof OPERATIONS)[number][0] | "import" | "other";

/** First match counts. `wait` is not here: it takes as long as the container runs. */
const OPERATIONS = [
  ["create", /^POST \/containers\/create\b/],
  ["attach", /^POST \/containers\/[^/]+\/attach\b/],
  ["start", /^POST \/containers\/[^/]+\/start\b/],
  ["pause", /^POST \/containers\/[^/]+\/pause\b/],
  ["unpause", /^POST \/containers\/[^/]+\/unpause\b/],
  ["remove", /^DELETE \/containers\//],
  ["list", /^GET \/containers\/json\b/],
  ["inspect", /^GET \/containers\/[^/]+\/json\b/],
  ["inspect_image", /^GET \/images\/.+\/json\b/],
  ["pull", /^POST \/images\/create\b/],
  ["network", /^\w+ \/networks\b/],
] as const;

const WAIT = /^POST \/containers\/[^/]+\/wait\b/;

/** What the client library asks for, as far as it matters here. */
interface Request {
  readonly method?: string;
  readonly path: string;
  /** What is sent, where it is no JSON: only an import has that. */
  readonly file?: unknown;
  /** The answer is handed out as a stream, for the asker to read to its end. */
  readonly isStream?: boolean;
  /** Becomes a connection of its own once the engine has agreed. */
  readonly hijack?: boolean;
}

type Answer = (error: unknown, result: unknown) => void;

/**
 * Measures every call of this client, wherever it is made: all go through the library's `dial`. A call whose answer is
 * a stream (a pull, an import) is over with that; one that opens a connection (attach), when it is open.
 */
export function timeCalls(engine: Docker, clock: Clock, onCall: OnEngineCall): void {
  // The library's type is `any`; this is the part of it that is used.
  const modem: { dial(request: Request, done: Answer): void } = engine.modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (request, done) => {
    const operation = operationOf(request);
    if (!operation) return dial(request, done);
    const sinceNs = clock.monotonicNs();
    const tell = (error: unknown) => {
      onCall(operation, (clock.monotonicNs() - sinceNs) / 1e6, outcomeOf(error));
    };
    dial(request, (error, result) => {
      const isOver = error || !request.isStream || request.hijack;
      if (isOver) tell(error);
      // With `isStream` and no error the library hands out the response itself.
      else finished(result as NodeJS.ReadableStream, tell);
      done(error, result);
    });
  };
}

function operationOf({ method, path, file }: Request): EngineOperation | undefined {
  if (file !== undefined) return "import";
  const line = `${method} ${path}`;
  if (WAIT.test(line)) return undefined;
  return OPERATIONS.find(([, pattern]) => pattern.test(line))?.[0] ?? "other";
}

function outcomeOf(error: unknown): EngineOutcome {
  if (!(error instanceof Error)) return "ok";
  if (error.name === "AbortError") return "cancelled";
  return "statusCode" in error ? "refused" : "failed";
}
