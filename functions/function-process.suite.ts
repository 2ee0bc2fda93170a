/** For tests: a function of this folder as a process, with exactly the environment that a server gives it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, watch } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

export interface FunctionProcess {
  /** Sends one call as a server does for an HTTP trigger at `url`. */
  call(url: string, body: string, contentType?: string): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  /** What the server would answer with: `Fn-Http-Status`, or 200. */
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
}

const SOCKET_NAME = "lsnr.sock";

/** What `fn-kit` stands for in an entrypoint. */
export const KIT = join(import.meta.dirname, "../src/kit/main.ts");

/** Starts `node func.ts` in the folder, or Node with other arguments, and resolves once its socket is there. */
export async function startFunction(
  folder: string,
  hostname: string,
  args: readonly string[] = ["func.ts"],
): Promise<FunctionProcess> {
  const socketFolder = await mkdtemp(join(tmpdir(), "fn-"));
  const socketPath = join(socketFolder, SOCKET_NAME);
  const stopWatching = new AbortController();
  const events = watch(socketFolder, { signal: stopWatching.signal });
  const child = spawn("node", args, {
    cwd: folder,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      HOSTNAME: hostname,
      FN_FORMAT: "http-stream",
      FN_LISTENER: `unix:${socketPath}`,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  child.once("exit", (code, signal) => stopWatching.abort(new Error(`function ended: ${code ?? signal}`)));
  await untilCreated(events);
  return {
    call: (url, body, contentType) => call(socketPath, url, body, contentType),
    stop: () => stop(child, socketFolder),
  };
}

async function untilCreated(events: AsyncIterable<{ readonly filename: string | null }>): Promise<void> {
  for await (const { filename } of events) {
    if (filename === SOCKET_NAME) return;
  }
}

async function call(
  socketPath: string,
  url: string,
  body: string,
  contentType = "text/plain",
): Promise<Answer> {
  const headers = { "Content-Type": contentType, "Fn-Http-Request-Url": url, "Fn-Intent": "httprequest" };
  const sent = request({ socketPath, method: "POST", path: "/call", headers }).end(body);
  const [answer]: IncomingMessage[] = await once(sent, "response");
  assertAnswered(answer);
  return {
    status: Number(answer.headers["fn-http-status"] ?? answer.statusCode),
    contentType: answer.headers["content-type"],
    body: await text(answer),
  };
}

function assertAnswered(answer: IncomingMessage | undefined): asserts answer is IncomingMessage {
  if (answer === undefined) throw new Error("no answer");
}

async function stop(child: ChildProcess, socketFolder: string): Promise<void> {
  const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  child.kill();
  await ended;
  await rm(socketFolder, { recursive: true });
}
