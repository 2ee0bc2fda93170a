import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { SharedPort } from "./shared-port.ts";

async function open(t: TestContext, port = 0): Promise<SharedPort> {
  const shared = await SharedPort.open({ host: "127.0.0.1", port });
  t.after(() => shared.close());
  return shared;
}

/** A server in one of the places, as a worker has it. */
async function listen(t: TestContext, shared: SharedPort, place: number): Promise<Server> {
  const server = createServer((socket) => socket.end()).listen(shared.socket(place));
  t.after(() => server.close());
  await once(server, "listening");
  return server;
}

describe("a shared port", () => {
  test("is the same for several servers", async (t) => {
    const shared = await open(t);
    const addresses = [await listen(t, shared, 0), await listen(t, shared, 1)].map((server) =>
      server.address(),
    );
    assert.deepEqual(addresses[0], addresses[1]);
    assert.deepEqual(addresses[0], { address: "127.0.0.1", family: "IPv4", port: shared.port });
  });

  test("is not shared with another program", async (t) => {
    const shared = await open(t);
    await listen(t, shared, 0);
    await assert.rejects(SharedPort.open({ host: "127.0.0.1", port: shared.port }), { code: "EADDRINUSE" });
  });

  test("is of all interfaces when no host is named", async (t) => {
    const shared = await SharedPort.open({ host: undefined, port: 0 });
    t.after(() => shared.close());
    await listen(t, shared, 0);
    const socket = connect(shared.port, "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
  });

  test("has one socket for each place, until it is closed", async (t) => {
    const shared = await open(t);
    const socket = shared.socket(0);
    assert.equal(shared.socket(0), socket);
    assert.notEqual(shared.socket(1), socket);
    shared.closeSocket(0);
    assert.notEqual(shared.socket(0), socket);
  });
});
