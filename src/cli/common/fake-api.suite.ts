import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, afterEach, before } from "node:test";
import { systemClock } from "../../clock/clock.ts";
import { runFn } from "../run.ts";
import type { Environment, Io } from "./io.ts";

/** A server that answers as a test says, and remembers what it was asked. */
export interface FakeApi {
  readonly url: string;
  /** In order. */
  readonly requests: readonly FakeRequest[];
  /** Sets what a request like `GET /v1/apps?per_page=100` is answered with from now on. */
  reply(request: string, answer: FakeAnswer): void;
  /** Forgets requests and answers. */
  reset(): void;
  stop(): Promise<void>;
}

export interface FakeRequest {
  /** `METHOD /path?query` */
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeAnswer {
  /** 200 unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** The ways of the Fn server: what no test has set is not there. */
const NOT_FOUND: FakeAnswer = { status: 404, body: { error: { message: "Path not found" } } };

/** One for the tests of a file or a group: each finds it as if it were new. */
export function useFakeApi(): Omit<FakeApi, "reset" | "stop"> {
  let started: FakeApi | undefined;
  const api = (): FakeApi => {
    assert.ok(started, "the fake server runs only while tests do");
    return started;
  };
  before(async () => {
    started = await startFakeApi();
  });
  afterEach(() => api().reset());
  after(() => api().stop());
  return {
    get url() {
      return api().url;
    },
    get requests() {
      return api().requests;
    },
    reply: (request, answer) => api().reply(request, answer),
  };
}

export async function startFakeApi(): Promise<FakeApi> {
  const requests: FakeRequest[] = [];
  const answers = new Map<string, FakeAnswer>();

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.method} ${request.url}`;
    requests.push({ line, headers: request.headers, body: await text(request) });
    const { status = 200, headers = {}, body = {} } = answers.get(line) ?? NOT_FOUND;
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    reply: (request, answer) => void answers.set(request, answer),
    reset() {
      requests.length = 0;
      answers.clear();
    },
    async stop() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process; without `stdin` it stands at a terminal where nobody types. */
export async function runInProcess(
  argv: readonly string[],
  env: Environment,
  stdin: Io["stdin"] = Object.assign(Readable.from([]), { isTTY: true }),
  clock = systemClock,
): Promise<Ran> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const written = Promise.all([text(stdout), text(stderr)]);
  const code = await runFn(argv, {
    stdin,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    clock,
    version: "1.2.3",
  });
  stdout.end();
  stderr.end();
  const [out, err] = await written;
  return { code, stdout: out, stderr: err };
}
