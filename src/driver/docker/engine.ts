import Docker from "dockerode";

export const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

/** An engine on this machine answers a ping within a few milliseconds; a node must not wait long to start. */
const PING_TIMEOUT_MS = 2_000;

/**
 * A client of the Docker engine at `dockerHost`: `unix:///PATH`, or `tcp://HOST:PORT` without TLS, as the variable
 * DOCKER_HOST has them. Nothing is asked of the engine yet. Throws when the address is neither.
 */
export function connectEngine(dockerHost: string, timeoutMs?: number): Docker {
  const address = URL.parse(dockerHost);
  const common = { host: undefined, timeout: timeoutMs };
  if (address?.protocol === "unix:" && address.host === "" && address.pathname !== "") {
    // The client library puts DOCKER_HOST of the environment over this one, unless `host` is named too.
    return new Docker({ ...common, socketPath: decodeURIComponent(address.pathname) });
  }
  if (address?.protocol === "tcp:" && address.hostname !== "" && address.port !== "") {
    return new Docker({ ...common, protocol: "http", host: address.hostname, port: address.port });
  }
  throw new Error(`'${dockerHost}' is no Docker engine. Give unix:///PATH or tcp://HOST:PORT.`);
}

/** Whether an engine answers at `dockerHost`; for a node that takes Docker when it is there. Never rejects. */
export async function isEngineThere({ dockerHost = DEFAULT_DOCKER_HOST }): Promise<boolean> {
  try {
    await connectEngine(dockerHost, PING_TIMEOUT_MS).ping();
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

/** The engine's own words, without what the client library puts before them; or that it has none. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("syscall" in error) return `the Docker engine does not answer: ${error.message}`;
  return error.message.replace(/^\(HTTP code \d+\) .*? - /, "").trim();
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
    for (const line of lines) throwIfError(line);
  }
  throwIfError(rest);
}

function throwIfError(line: string): void {
  if (line.trim() === "") return;
  const step: unknown = JSON.parse(line);
  if (typeof step === "object" && step !== null && "error" in step) throw new Error(String(step.error));
}
