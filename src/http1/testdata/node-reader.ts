import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface Taken {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly body: string;
}

/** Tells which requests Node's server takes out of some bytes. It answers none of them. */
export class NodeReader {
  readonly #taken = new Map<Socket, Taken[]>();
  readonly #server = createServer({ insecureHTTPParser: false });
  /** How many bytes the next connection carries, and who waits for what it has taken by then. */
  #awaited: { bytes: number; resolve: (taken: Taken[]) => void } | undefined;

  constructor() {
    const onRequest = (request: IncomingMessage) => this.#onRequest(request);
    this.#server.on("request", onRequest).on("checkExpectation", onRequest);
    // Bytes that are refused: what came before them is still told.
    this.#server.on("clientError", () => {});
    this.#server.on("connection", (socket) => this.#onConnection(socket));
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async read(bytes: Buffer): Promise<Taken[]> {
    // What listens on a port has an address of this kind.
    const { port } = this.#server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    try {
      return await new Promise((resolve) => {
        this.#awaited = { bytes: bytes.length, resolve };
        socket.write(bytes);
      });
    } finally {
      socket.destroy();
    }
  }

  #onRequest(request: IncomingMessage): void {
    let body = "";
    request.setEncoding("latin1").on("error", () => {});
    request.on("data", (part: string) => {
      body += part;
    });
    const { method, url: target } = request;
    request.on("end", () => this.#taken.get(request.socket)?.push({ method, target, body }));
  }

  #onConnection(socket: Socket): void {
    const taken: Taken[] = [];
    this.#taken.set(socket, taken);
    const awaited = this.#awaited;
    let bytes = 0;
    socket.on("data", (part) => {
      bytes += part.length;
      // A body that is whole tells so a moment after its last byte.
      if (bytes === awaited?.bytes) setImmediate(() => setImmediate(() => awaited.resolve(taken)));
    });
    socket.on("error", () => {}).on("close", () => this.#taken.delete(socket));
  }
}
