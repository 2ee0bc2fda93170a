/** A function of format `http-stream` with nothing but Node: what it costs is the least that a function costs. */
import { chmodSync, symlinkSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { basename } from "node:path";

/**
 * Answers each call with the text that `answer` gives. Listens where `FN_LISTENER` says: on another name first, so that
 * the socket has its mode when the link to it appears (the format reference, section 4.2).
 */
export function serve(answer: (request: IncomingMessage) => Promise<string>): void {
  const [, path] = /^unix:(.+)$/.exec(process.env.FN_LISTENER ?? "") ?? [];
  if (path === undefined) throw new Error("FN_LISTENER names no unix socket");
  const server = createServer(async (request, response) => {
    const text = await answer(request);
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(text) });
    response.end(text);
  });
  // The connection is the caller's to close.
  server.keepAliveTimeout = 0;
  server.listen(`${path}.tmp`, () => {
    chmodSync(`${path}.tmp`, 0o666);
    symlinkSync(`${basename(path)}.tmp`, path);
    // A benchmark that runs a copy of its own waits for this word, and the copy ends with it.
    process.send?.("ready");
  });
  process.once("disconnect", () => process.exit());
}
