import { once } from "node:events";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";
import type { ListenAddress } from "../forward/listener.ts";

/**
 * A socket that is bound, and accepts nothing in the process that bound it. Opaque: Node takes it in `send` of a child
 * process and in `listen` of a server, and its types have no name for it.
 */
export type SocketHandle = net.Server;

/**
 * One port for several processes. Each has its own socket there (SO_REUSEPORT), so that the kernel deals out new
 * connections evenly. The sockets belong to the process that made them: connections that wait in one to be accepted
 * outlive the worker that was to accept them, and its successor takes them. With sockets that workers make and close
 * themselves, every restart resets such connections.
 */
export class SharedPort {
  readonly port: number;
  readonly #address: net.AddressInfo;
  /** By the place of the worker. */
  readonly #sockets = new Map<number, SocketHandle>();

  private constructor(address: net.AddressInfo) {
    this.port = address.port;
    this.#address = address;
  }

  /** Takes the address; rejects with the system's error when it cannot be had. */
  static async open(address: ListenAddress): Promise<SharedPort> {
    return new SharedPort(await claim(address));
  }

  /** The socket for the worker in this place: the same until it is closed. */
  socket(place: number): SocketHandle {
    const socket = this.#sockets.get(place) ?? bind(this.#address);
    this.#sockets.set(place, socket);
    return socket;
  }

  /** From now on nobody is sent there, and those who wait there to be accepted are refused. */
  closeSocket(place: number): void {
    this.#sockets.get(place)?.close();
    this.#sockets.delete(place);
  }

  close(): void {
    for (const place of [...this.#sockets.keys()]) this.closeSocket(place);
  }
}

/**
 * Listens for a moment as the only one: sockets that share a port would share it with those of another program, too,
 * without a word. It also resolves the name of the host, and finds a free port.
 */
async function claim({ host, port }: ListenAddress): Promise<net.AddressInfo> {
  const server = net.createServer().listen({ host, port, exclusive: true });
  await once(server, "listening");
  // What listens on a port has an address of this kind.
  const address = server.address() as net.AddressInfo;
  await once(server.close(), "close");
  return address;
}

/** UV_TCP_REUSEPORT. Source: libuv, uv.h. */
const REUSE_PORT = 2;

/**
 * Node has no documented way to bind without accepting; this is what `node:cluster` shares a socket with. Gives the
 * negative number of an error when it fails.
 */
type CreateServerHandle = (
  address: string,
  port: number,
  addressType: 4 | 6,
  descriptor: null,
  flags: number,
) => SocketHandle | number;

function bind({ address, port, family }: net.AddressInfo): SocketHandle {
  // It is there, and Node's types leave it out.
  const { _createServerHandle: create } = net as unknown as { _createServerHandle: CreateServerHandle };
  const handle = create(address, port, family === "IPv6" ? 6 : 4, null, REUSE_PORT);
  if (typeof handle !== "number") return handle;
  const code = getSystemErrorName(handle);
  throw Object.assign(new Error(`bind ${code} ${address}:${port}`), { code, address, port });
}
