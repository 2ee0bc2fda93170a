/** For tests: plays an engine or a registry, as far as one test needs it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

export interface FakeServer {
  /** `HOST:PORT`, on the loopback. */
  readonly host: string;
  stop(): Promise<void>;
}

export async function startFakeServer(
  listener: RequestListener,
  onUpgrade?: (request: IncomingMessage, socket: Duplex) => void,
): Promise<FakeServer> {
  const server = createServer(listener);
  if (onUpgrade) server.on("upgrade", onUpgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
