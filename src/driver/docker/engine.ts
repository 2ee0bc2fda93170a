import { Readable } from "node:stream";
import Docker from "dockerode";
import type { Clock } from "../../clock/clock.ts";
import { type OnEngineCall, timeCalls } from "./engine-calls.ts";

export const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

/** An engine on this machine answers a ping within a few milliseconds; a node must not wait long to start. */
const PING_TIMEOUT_MS = 2_000;

export interface EngineOptions {
  /** How long an answer may take; without end, unless told. */
  readonly timeoutMs?: number;
  /** Told of each call, with the clock that measures them. */
  readonly observer?: { readonly onEngineCall: OnEngineCall; readonly clock: Clock };
}

/**
 * A client of the Docker engine at `dockerHost`: `unix:///PATH`, or `tcp://HOST:PORT` without TLS, as the variable
 * DOCKER_HOST has them. Nothing is asked of the engine yet. Throws when the address is neither.
 */
export function connectEngine(dockerHost: string, { timeoutMs, observer }: EngineOptions = {}): Docker {
  const engine = new Docker({ ...addressOf(dockerHost), timeout: timeoutMs });
  if (observer) timeCalls(engine, observer.clock, observer.onEngineCall);
  return engine;
}

function addressOf(dockerHost: string): Docker.DockerOptions {
  const address = URL.parse(dockerHost);
  if (address?.protocol === "unix:" && address.host === "" && address.pathname !== "") {
    // The client library puts DOCKER_HOST of the environment over this one, unless `host` is named too.
    return { host: undefined, socketPath: decodeURIComponent(address.pathname) };
  }
  if (address?.protocol === "tcp:" && address.hostname !== "" && address.port !== "") {
    return { protocol: "http", host: address.hostname, port: address.port };
  }
  throw new Error(`'${dockerHost}' is no Docker engine. Give unix:///PATH or tcp://HOST:PORT.`);
}

/** Whether an engine answers at `dockerHost`; for a node that takes Docker when it is there. Never rejects. */
export async function isEngineThere({ dockerHost = DEFAULT_DOCKER_HOST }): Promise<boolean> {
  try {
    await connectEngine(dockerHost, { timeoutMs: PING_TIMEOUT_MS }).ping();
    return true;
  } catch {
    return false;
  }
}

/** The HTTP status of the engine's refusal; undefined when there was no answer at all. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;
}

/** There is no engine, or it went away before it answered. */
export function isUnreachable(error: unknown): boolean {
  // A connection that cannot be made says which system call failed; one that breaks off has a code alone.
  return error instanceof Error && ("syscall" in error || ("code" in error && error.code === "ECONNRESET"));
}

/** Whether the engine may have done what it was asked for, without a word: the connection broke after it was there. */
export function mayHaveActed(error: unknown): boolean {
  const isConnecting = error instanceof Error && "syscall" in error && error.syscall === "connect";
  return isUnreachable(error) && !isConnecting;
}

/** The engine's own words, without what the client library puts before them; or that it has none. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isUnreachable(error)) return `the Docker engine does not answer: ${error.message}`;
  return error.message.replace(/^\(HTTP code \d+\) .*? - /, "").trim();
}

export async function hasImage(engine: Docker, image: string): Promise<boolean> {
  try {
    await engine.getImage(image).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/**
 * Reads to its end what the engine tells of a pull or an import: a line of JSON for each step. An error that comes
 * once the engine has answered 200 is one of these lines, and is thrown.
 */
export async function readProgress(progress: NodeJS.ReadableStream): Promise<void> {
  let rest = "";
  for await (const chunk of progress) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) throwIfError(line, progress);
  }
  throwIfError(rest, progress);
}

/** Breaks the stream off, too: whoever else follows it sees that it did not end well. */
function throwIfError(line: string, progress: NodeJS.ReadableStream): void {
  if (line.trim() === "") return;
  const step: unknown = JSON.parse(line);
  if (typeof step !== "object" || step === null || !("error" in step)) return;
  const error = new Error(String(step.error));
  if (progress instanceof Readable) progress.destroy(error);
  throw error;
}
