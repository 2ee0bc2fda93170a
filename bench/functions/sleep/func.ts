// Sleeps as many milliseconds as `?ms=` says, or computes as long with `&busy=1`, and answers with a name that no other container has.
import { randomUUID } from "node:crypto";
import { chmodSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const NAME = randomUUID();

const server = createServer(async ({ headers }, response) => {
  const url = new URL(String(headers["fn-http-request-url"]));
  const ms = Number(url.searchParams.get("ms"));
  if (url.searchParams.has("busy")) compute(ms);
  else await sleep(ms);
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": NAME.length });
  response.end(NAME);
});
function compute(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

// The connection is the caller's to close.
server.keepAliveTimeout = 0;

// On another name first, so that the socket has its mode when the link to it appears (the format reference, section 4.2).
const path = String(process.env.FN_LISTENER).replace("unix:", "");
server.listen(`${path}.tmp`, () => {
  chmodSync(`${path}.tmp`, 0o666);
  symlinkSync(`${basename(path)}.tmp`, path);
});
