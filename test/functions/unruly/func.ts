// Does what `?do=` says, in format http-stream or http, and otherwise answers `fine`.
import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { dirname } from "node:path";
import { Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableWritablePair } from "node:stream/web";

const MIB = 1024 * 1024;
const listenPath = process.env.FN_LISTENER?.slice("unix:".length);

const serve: RequestListener = async (request, response) => {
  const url = String(request.headers["fn-http-request-url"] ?? request.url);
  const query = new URL(url, "http://fn").searchParams;
  const amount = Number(query.get("amount"));
  switch (query.get("do")) {
    case "say":
      process.stderr.write(`said by ${query.get("id")}\n`);
      // An engine takes some milliseconds to pass it on.
      await sleep(100);
      break;
    case "print":
      process.stdout.write("this is not HTTP\n\nat all\r\n\r\n");
      break;
    case "echo":
      await pipeline(request, response);
      return;
    case "count": {
      let bytes = 0;
      for await (const part of request) bytes += part.length;
      response.end(String(bytes));
      return;
    }
    case "give":
      response.setHeader("Content-Length", amount * MIB);
      // The caller may leave.
      await pipeline(Readable.from(mebibytes(amount)), response).catch(() => {});
      return;
    case "drip":
      for (;;) {
        response.write(".");
        await sleep(1000);
      }
    case "sleep":
      await sleep(amount);
      break;
    case "exit":
      process.exit(amount);
      break;
    case "hog":
      hog();
      break;
    case "fork":
      response.end(JSON.stringify(fork(amount)));
      return;
    case "fill":
      response.end(JSON.stringify(fill()));
      return;
    case "deaf":
      // Neither reads nor answers, nor ends.
      setInterval(() => {}, 1e6);
      return;
  }
  response.end("fine");
};

const server = createServer(serve);
if (listenPath !== undefined) server.listen(listenPath);
else server.emit("connection", stdio());

/** To Node's server any duplex stream is a connection. */
function stdio(): Duplex {
  const pair: object = { readable: process.stdin, writable: process.stdout };
  // The type names pairs of web streams only; the documentation has Node's own streams too.
  return Duplex.from(pair as ReadableWritablePair);
}

function* mebibytes(count: number): Generator<Buffer> {
  const one = Buffer.alloc(MIB, "x");
  for (let i = 0; i < count; i++) yield one;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function hog(): never {
  const all: Buffer[] = [];
  for (;;) all.push(Buffer.alloc(MIB, 1));
}

/** Starts processes that stay, and tells how many came to be. */
function fork(count: number): { readonly started: number; readonly refused: number } {
  let started = 0;
  for (let i = 0; i < count; i++) {
    const child = spawn(process.execPath, ["--v8-pool-size=0", "-e", "setInterval(() => {}, 1e6)"], {
      stdio: "ignore",
    });
    child.on("error", () => {});
    if (child.pid !== undefined) started++;
  }
  return { started, refused: count - started };
}

/** Writes where it can until it can no more, and tells what stopped it. */
function fill(): Record<string, string> {
  const stops = { tmp: stopOf("/tmp/fill"), root: stopOf("/fill"), own: stopOf("fill") };
  return listenPath === undefined ? stops : { ...stops, socket: stopOf(`${dirname(listenPath)}/fill`) };
}

function stopOf(path: string): string {
  const block = Buffer.alloc(MIB);
  try {
    writeFileSync(path, "");
    for (let i = 0; i < 200; i++) appendFileSync(path, block);
    return "none";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}
