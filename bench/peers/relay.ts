/**
 * The least that can stand between callers and a function: `node:http` in front, undici on the function's socket. It has
 * no routes, no slots, no deadlines and no records, and takes calls without a body only: what a node is measured against.
 *
 *     relay.ts SOCKET [CONNECTIONS]
 *
 * A function takes one call at a time, so it has one connection unless told. Listens on a free port of loopback, tells it to
 * the process that started it, and ends with that process.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";

const [, , socketPath, connections = "1"] = process.argv;
const pool = new Pool("http://localhost", { socketPath, connections: Number(connections), pipelining: 1 });

const server = createServer(async (request, response) => {
  try {
    const answer = await pool.request({ method: "POST", path: "/call", headers: request.headers });
    response.writeHead(answer.statusCode, answer.headers);
    answer.body.pipe(response);
  } catch (error) {
    response.writeHead(502).end(String(error));
  }
});

server.listen(0, "127.0.0.1", () => {
  // What listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  process.send?.({ readyOnPort: port });
});
process.once("disconnect", () => process.exit());
