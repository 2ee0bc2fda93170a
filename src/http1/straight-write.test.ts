import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, Socket } from "node:net";
import { test } from "node:test";
import { writeStraight } from "./straight-write.ts";

test("a text goes straight to the system once Node was seen to write one so", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [other] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    socket.destroy();
    other.destroy();
    server.close();
  });
  if (socket.connecting) await once(socket, "connect");

  assert.equal(writeStraight(socket, "a"), "impossible");
  socket.write("a", "latin1");
  // The project pins its Node, which does: should another not, this tells, and the stream serves instead.
  assert.equal(writeStraight(socket, "b\xff"), "taken");
  let text = "";
  other.setEncoding("latin1").on("data", (part) => {
    text += part;
  });
  while (text.length < 3) await once(other, "data");
  assert.equal(text, "ab\xff");

  socket.cork();
  socket.write("waits");
  assert.equal(writeStraight(socket, "c"), "impossible", "what waits in the stream comes first");
  socket.uncork();
  socket.end();
  assert.equal(writeStraight(socket, "c"), "impossible", "nothing comes behind the end");
  socket.destroy();
  assert.equal(writeStraight(socket, "c"), "impossible", "a socket that is gone takes nothing");
  assert.equal(writeStraight(Object.assign(new Socket(), { encrypted: true }), "c"), "impossible");
});
