import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningBalancer } from "./balancers.ts";
import { forEachOf } from "./parallel.ts";

/** Connections that are opened at a time, so that none waits to be accepted. */
const OPENING_MAX = 64;

/** What a balancer still has to do when it has answered, such as closing connections to nodes that it does not need. */
const SETTLE_MS = 1000;

/** How many connections are there before the first look, and how many are added until the second. */
export interface IdleCounts {
  readonly first: number;
  readonly more: number;
}

/**
 * Memory that a balancer needs for an idle connection, in KiB: connections that have each made one request and stay open.
 * Some are open before the first look at its memory, since the first of all need what later ones share.
 */
export async function idleKibOf(balancer: RunningBalancer, { first, more }: IdleCounts): Promise<number> {
  const sockets: Socket[] = [];
  const open = (count: number) =>
    forEachOf(Array.from({ length: count }), OPENING_MAX, async () => {
      sockets.push(await openIdle(balancer.url));
    });
  try {
    await open(first);
    await sleep(SETTLE_MS);
    const beforeKib = balancer.residentKib();
    await open(more);
    await sleep(SETTLE_MS);
    const closed = sockets.filter((socket) => socket.destroyed || socket.readableEnded).length;
    if (closed > 0) throw new Error(`${closed} of ${sockets.length} idle connections were closed`);
    return (balancer.residentKib() - beforeKib) / more;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** Makes one request, and keeps the connection. */
async function openIdle(url: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET /r/bench/f0 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const [answer]: Buffer[] = await once(socket, "data");
  if (!answer?.toString("latin1").startsWith("HTTP/1.1 200 ")) throw new Error(`it answered ${answer}`);
  socket.resume();
  return socket;
}
