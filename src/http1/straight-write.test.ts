import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { writeStraight } from "./straight-write.ts";
import { socketPair } from "./testdata/socket-pair.ts";

test("a text goes straight to the system once Node was seen to write one so", async (t) => {
  const { socket, other } = await socketPair(t);
  assert.equal(writeStraight(socket, "a"), "impossible");
  socket.write("a", "latin1");
  // The project pins its Node, which does: should another not, this tells, and the stream serves instead.
  assert.equal(writeStraight(socket, "b\xff"), "taken");
  let text = "";
  other.setEncoding("latin1").on("data", (part) => {
    text += part;
  });
  other.resume();
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
