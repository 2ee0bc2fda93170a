import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { settle } from "../../clock/fake-clock.ts";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import type { AnswerSink, CallInput, ContainerStreams, HeaderField } from "../format.ts";

/** The function's end of a channel: a test says what it reads and writes. */
export class ScriptedFunction {
  readonly input: Readable;
  readonly output: Writable;
  receivedBytes = 0;
  writtenBytes = 0;
  hasEnded = false;
  #received: Buffer[] = [];
  #onReceived: (() => void) | undefined;

  constructor(input: Readable, output: Writable) {
    this.input = input;
    this.output = output;
    input.on("data", (bytes: Buffer) => {
      this.#received.push(bytes);
      this.receivedBytes += bytes.length;
      this.#onReceived?.();
    });
    input.on("end", () => {
      this.hasEnded = true;
      this.#onReceived?.();
    });
    for (const stream of [input, output]) stream.on("error", () => {});
  }

  /** What it has read since the last `forget`. */
  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  forget(): void {
    this.#received = [];
  }

  /** Reads on until `look` finds what it looks for, and returns that. */
  async until<T>(look: (received: Buffer, hasEnded: boolean) => T | undefined): Promise<T> {
    for (;;) {
      const found = look(this.received, this.hasEnded);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#onReceived = resolve;
      });
    }
  }

  stopReading(): void {
    this.input.pause();
  }

  /** Reads one piece a turn of the event loop, until it is told to stop. */
  readSlowly(): () => void {
    let isReading = true;
    const readOne = () => {
      if (!isReading) return;
      this.input.once("data", () => this.input.pause());
      this.input.resume();
      setImmediate(readOne);
    };
    readOne();
    return () => {
      isReading = false;
      this.input.resume();
    };
  }

  /** Writes, and resolves when the channel takes more. */
  async write(bytes: string | Uint8Array): Promise<void> {
    this.writtenBytes += bytes.length;
    if (!this.output.write(bytes)) await once(this.output, "drain");
  }

  close(): void {
    this.output.end();
  }
}

export interface Channels {
  readonly container: ContainerStreams;
  /** The function that waits for a call; with a socket, the next one that is connected to. */
  nextFunction(): Promise<ScriptedFunction>;
  stop(): Promise<void>;
}

export async function stdioChannels(): Promise<Channels> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const fn = new ScriptedFunction(stdin, stdout);
  return {
    container: { stdin, stdout, socketPath: undefined },
    nextFunction: async () => fn,
    stop: async () => {},
  };
}

export async function socketChannels(): Promise<Channels & { readonly server: Server }> {
  const directory = await mkdtemp(join(tmpdir(), "fn-"));
  const socketPath = join(directory, "lsnr.sock");
  const sockets: Socket[] = [];
  const waiting: ScriptedFunction[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    waiting.push(new ScriptedFunction(socket, socket));
    server.emit("waiting");
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    container: { stdin: new PassThrough(), stdout: new PassThrough(), socketPath },
    server,
    async nextFunction() {
      for (;;) {
        const fn = waiting.shift();
        if (fn) return fn;
        await once(server, "waiting");
      }
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A sink that keeps what it gets, and takes as long as `onPart` says. */
export class RecordingSink implements AnswerSink {
  status: number | undefined;
  headers: readonly HeaderField[] = [];
  bodyBytes: number | undefined;
  receivedBytes = 0;
  readonly #parts: Uint8Array[] = [];
  readonly #onPart: (part: Uint8Array) => void | Promise<void>;

  constructor(onPart: (part: Uint8Array) => void | Promise<void> = () => {}) {
    this.#onPart = onPart;
  }

  get body(): Buffer {
    return Buffer.concat(this.#parts);
  }

  head(status: number, headers: readonly HeaderField[], bodyBytes: number | undefined): void {
    this.status = status;
    this.headers = headers;
    this.bodyBytes = bodyBytes;
  }

  write(part: Uint8Array): void | Promise<void> {
    this.#parts.push(part);
    this.receivedBytes += part.length;
    return this.#onPart(part);
  }
}

/** A call like those of the format reference; with a body, its length is told unless `bodyBytes` says otherwise. */
export function callInput(changes: Partial<CallInput> & { readonly content?: Uint8Array } = {}): CallInput {
  const { content, ...rest } = changes;
  const method = rest.method ?? (content || rest.body ? "POST" : "GET");
  return {
    callId: "01C4GT0000000000000000000A",
    type: "sync",
    method,
    target: "/r/shop/greet",
    host: "fn.example:8080",
    requestUrl: "http://fn.example:8080/r/shop/greet",
    headers: [],
    isDirect: false,
    deadlineMs: Date.parse("2018-01-22T10:00:30.000Z"),
    body: content && bodyOf([content]),
    bodyBytes: content?.length,
    ...rest,
  };
}

export async function* bodyOf(parts: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** The call fails with this error. */
export function rejects(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  return assert.rejects(call, (error) => {
    assert.ok(error instanceof FnError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

/** A signal that nobody aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** Waits, turn by turn of the event loop, until something is so. */
export async function eventually(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns > 100_000) throw new Error("it never came to be");
    await settle();
  }
}

/** The body of an HTTP request, once it is whole. */
export function httpBody(received: Buffer): Buffer | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = received.toString("latin1", 0, headEnd);
  const rest = received.subarray(headEnd + 4);
  if (/\r\nTransfer-Encoding: chunked/.test(head)) return dechunk(rest);
  const length = Number(/\r\nContent-Length: (\d+)/.exec(head)?.[1] ?? 0);
  return rest.length >= length ? rest.subarray(0, length) : undefined;
}

function dechunk(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
