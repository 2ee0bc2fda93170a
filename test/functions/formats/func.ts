// Speaks each format, as FN_FORMAT says, and answers with its name and the body it was sent.
import { createServer, type RequestListener } from "node:http";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type { ReadableWritablePair } from "node:stream/web";

const format = process.env.FN_FORMAT ?? "default";

const listener: RequestListener = async (request, response) => {
  response.end(`${format}: ${await text(request)}`);
};

switch (format) {
  case "default":
    process.stdout.write(`${format}: ${await text(process.stdin)}`);
    break;
  case "http":
    createServer(listener).emit("connection", stdio());
    break;
  case "http-stream":
    createServer(listener).listen(process.env.FN_LISTENER?.slice("unix:".length));
    break;
  case "json":
    await serveJson();
    break;
}

/** Requests end with an empty line, and JSON has none inside. */
async function serveJson(): Promise<void> {
  let read = "";
  for await (const part of process.stdin) {
    read += part;
    for (let end = read.indexOf("\n\n"); end >= 0; end = read.indexOf("\n\n")) {
      const { body } = JSON.parse(read.slice(0, end));
      read = read.slice(end + 2);
      process.stdout.write(JSON.stringify({ body: `${format}: ${body}`, protocol: { status_code: 200 } }));
    }
  }
}

/** To Node's server any duplex stream is a connection. */
function stdio(): Duplex {
  const pair: object = { readable: process.stdin, writable: process.stdout };
  // The type names pairs of web streams only; the documentation has Node's own streams too.
  return Duplex.from(pair as ReadableWritablePair);
}
