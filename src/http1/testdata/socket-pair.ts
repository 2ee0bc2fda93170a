import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** Two ends of a connection. What comes at the other is not read until it is asked for. */
export async function socketPair(
  t: TestContext,
): Promise<{ readonly socket: Socket; readonly other: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  // That of a pipe would be a text.
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [other] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    socket.destroy();
    other.destroy();
    server.close();
  });
  if (socket.connecting) await once(socket, "connect");
  return { socket, other };
}
