// Sleeps as many milliseconds as `?ms=` says, and answers with a name that no other container has.
import { randomUUID } from "node:crypto";
import { chmodSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const NAME = randomUUID();

const server = createServer(async ({ headers }, response) => {
  const url = new URL(String(headers["fn-http-request-url"]));
  await sleep(Number(url.searchParams.get("ms")));
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": NAME.length });
  response.end(NAME);
});
// The connection is the caller's to close.
server.keepAliveTimeout = 0;

// On another name first, so that the socket has its mode when the link to it appears (the format reference, section 4.2).
const path = String(process.env.FN_LISTENER).replace("unix:", "");
server.listen(`${path}.tmp`, () => {
  chmodSync(`${path}.tmp`, 0o666);
  symlinkSync(`${basename(path)}.tmp`, path);
});
