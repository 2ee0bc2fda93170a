/**
 * The least that can stand between callers and a function of format `http`: `node:http` in front, and behind it the
 * streams of one copy of the function, which gets one call at a time while the others wait in line. It has no routes, no
 * deadlines and no records, and takes calls without a body only: what a node is measured against.
 *
 *     stdio-relay.ts process PROGRAM ARGUMENTS...   the pipes of a child
 *     stdio-relay.ts docker ENGINE CONTAINER        the engine's attach stream; starts the container
 *
 * Listens on a free port of loopback, tells it to the process that started it, and ends with that process.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** Before each piece that a container writes: the number of the stream, three zeros, and the length. */
const FRAME_HEAD_BYTES = 8;

interface Streams {
  write(text: string): void;
  /** Called with what the function writes to stdout, piece by piece. */
  onOutput(take: (part: Buffer) => void): void;
}

const [, , kind, ...args] = process.argv;
const streams = kind === "docker" ? await attach(args[0] ?? "", args[1] ?? "") : startChild(args);

const waiting: { readonly head: string; readonly response: ServerResponse }[] = [];
let received: Buffer = Buffer.alloc(0);

streams.onOutput((part) => {
  received = received.length === 0 ? part : Buffer.concat([received, part]);
  const headEnd = received.indexOf("\r\n\r\n") + 4;
  if (headEnd < 4) return;
  const length = Number(/content-length: (\d+)/i.exec(received.toString("latin1", 0, headEnd))?.[1]);
  if (received.length < headEnd + length) return;
  waiting.shift()?.response.writeHead(200, { "Content-Length": length }).end(received.subarray(headEnd));
  received = Buffer.alloc(0);
  callNext();
});

const server = createServer((request, response) => {
  waiting.push({ head: headOf(request), response });
  if (waiting.length === 1) callNext();
});
server.listen(0, "127.0.0.1", () => {
  // What listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  process.send?.({ readyOnPort: port });
});
process.once("disconnect", () => process.exit());

/** The first in line is the one whose call the function has. */
function callNext(): void {
  const [first] = waiting;
  if (first) streams.write(first.head);
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/1.1\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return `${head}\r\n`;
}

function startChild([program = "", ...args]: readonly string[]): Streams {
  const { stdin, stdout } = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  return { write: (text) => stdin.write(text), onOutput: (take) => stdout.on("data", take) };
}

/** The connection becomes the container's input and its output, the latter in frames. Source: "Attach", Docker Engine API. */
async function attach(dockerHost: string, container: string): Promise<Streams> {
  const { protocol, pathname, hostname, port } = new URL(dockerHost);
  const engine = protocol === "unix:" ? { socketPath: pathname } : { hostname, port };
  const post = (path: string, headers = {}) =>
    request({ ...engine, method: "POST", path: `/containers/${container}/${path}`, headers }).end();
  const upgrade = { Connection: "Upgrade", Upgrade: "tcp" };
  // As the event is documented: the answer, the connection, and the first bytes of it.
  const [, socket] = (await once(post("attach?stream=1&stdin=1&stdout=1", upgrade), "upgrade")) as [
    unknown,
    Socket,
  ];
  await once(post("start"), "response");
  return {
    write: (text) => socket.write(text),
    onOutput(take) {
      let framed: Buffer = Buffer.alloc(0);
      socket.on("data", (part: Buffer) => {
        framed = framed.length === 0 ? part : Buffer.concat([framed, part]);
        while (framed.length >= FRAME_HEAD_BYTES) {
          const end = FRAME_HEAD_BYTES + framed.readUInt32BE(4);
          if (framed.length < end) return;
          take(framed.subarray(FRAME_HEAD_BYTES, end));
          framed = framed.subarray(end);
        }
      });
    },
  };
}
