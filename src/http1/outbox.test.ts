import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Kind, Outbox } from "./outbox.ts";
import { socketPair } from "./testdata/socket-pair.ts";

/** More than the system keeps for both ends of a connection. */
const LARGE = 64 * 1024 * 1024;

/** A socket that goes nowhere, with the pieces that were written on it. */
function recorded(kind: Kind = "answers", pieces: string[] = []) {
  const socket = new Socket();
  const note = (chunk: Buffer | string, encoding: BufferEncoding) =>
    pieces.push(
      typeof chunk === "string" ? Buffer.from(chunk, encoding).toString("latin1") : chunk.toString("latin1"),
    );
  socket._write = (chunk, encoding, done) => {
    note(chunk, encoding);
    done();
  };
  socket._writev = (chunks, done) => {
    for (const { chunk, encoding } of chunks) note(chunk, encoding);
    done();
  };
  return { outbox: new Outbox(socket, kind), socket, pieces };
}

async function connected(t: TestContext) {
  const pair = await socketPair(t);
  return { ...pair, outbox: new Outbox(pair.socket, "answers") };
}

/** All that comes until the end, a character per byte. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  for await (const part of socket.setEncoding("latin1")) text += part;
  return text;
}

describe("an outbox", () => {
  test("sends what was written in a turn in one piece, when the turn is over", async () => {
    const { outbox, pieces } = recorded();
    outbox.write("head ");
    outbox.write(Buffer.from("bytes "));
    outbox.writeBorrowed("<", Buffer.from("borrowed"), ">");
    assert.deepEqual(pieces, []);
    await nextTurn();
    assert.deepEqual(pieces, ["head bytes <borrowed>"]);
  });

  test("sends at once when it is flushed, and then nothing more", async () => {
    const { outbox, pieces } = recorded();
    outbox.write("a");
    outbox.flush();
    assert.deepEqual(pieces, ["a"]);
    await nextTurn();
    assert.deepEqual(pieces, ["a"]);
  });

  test("sends again in the next turn", async () => {
    const { outbox, pieces } = recorded();
    for (const text of ["a", "b"]) {
      outbox.write(text);
      await nextTurn();
    }
    assert.deepEqual(pieces, ["a", "b"]);
  });

  test("sends all requests of a turn before its answers", async () => {
    const pieces: string[] = [];
    const boxes = (["answers", "requests", "answers", "requests"] as const).map(
      (kind) => recorded(kind, pieces).outbox,
    );
    boxes.forEach((outbox, i) => {
      outbox.write(String(i));
    });
    await nextTurn();
    assert.deepEqual(pieces, ["1", "3", "0", "2"]);
  });

  test("keeps the order of pieces of all sizes, and every byte", async () => {
    const { outbox, pieces } = recorded();
    const large = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 256));
    outbox.write("a");
    outbox.write(large);
    outbox.write("b");
    outbox.writeBorrowed("<", large, ">");
    outbox.write("c");
    await nextTurn();
    const text = large.toString("latin1");
    assert.equal(pieces.join(""), `a${text}b<${text}>c`);
  });

  test("is done with borrowed bytes when it returns", async () => {
    for (const size of [10, 50_000]) {
      const { outbox, pieces } = recorded();
      const bytes = Buffer.alloc(size, "x");
      outbox.writeBorrowed("", bytes, "");
      bytes.fill("y");
      await nextTurn();
      assert.equal(pieces.join(""), "x".repeat(size));
    }
  });

  test("holds no more than a few pieces until the turn is over", () => {
    const { outbox, pieces } = recorded();
    for (let i = 0; i < 100; i++) outbox.write("x".repeat(1000));
    assert.ok(pieces.join("").length >= 100_000 - 17_000);
  });

  test("says nothing on a socket that is gone", async () => {
    const { outbox, socket, pieces } = recorded();
    socket.on("error", () => {});
    outbox.write("a");
    socket.destroy();
    await nextTurn();
    assert.deepEqual(pieces, []);
  });
});

describe("an outbox whose other side does not read", () => {
  for (const [what, write] of Object.entries({
    "one text": (outbox: Outbox) => outbox.write("x".repeat(LARGE)),
    "bytes that are borrowed": (outbox: Outbox) => outbox.writeBorrowed("", Buffer.alloc(LARGE, "x"), ""),
  })) {
    test(`is full after ${what}, tells when it is not, and loses nothing`, async (t) => {
      const { outbox, socket, other } = await connected(t);
      // The first text on a connection goes another way than all others.
      outbox.write("first");
      outbox.flush();
      assert.equal(outbox.isFull, false);
      assert.equal(write(outbox), false);
      assert.equal(outbox.isFull, true);
      outbox.write("last");
      const read = readToEnd(other);
      await once(socket, "drain");
      await nextTurn();
      outbox.flush();
      socket.end();
      const text = await read;
      assert.equal(text.length, "first".length + LARGE + "last".length);
      assert.ok(text.startsWith("firstxx") && text.endsWith("xxlast"));
    });
  }

  test("has sent all when the socket ends", async (t) => {
    const { outbox, socket, other } = await connected(t);
    outbox.write("first");
    outbox.flush();
    outbox.write("x".repeat(LARGE));
    socket.destroySoon();
    assert.equal((await readToEnd(other)).length, "first".length + LARGE);
  });

  test("closes the socket when the other side is lost", async (t) => {
    const { outbox, socket, other } = await connected(t);
    const closed = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
    outbox.write("first");
    outbox.flush();
    assert.equal(outbox.write("x".repeat(LARGE)), false);
    socket.on("drain", () => assert.fail("nobody has taken anything"));
    other.resetAndDestroy();
    await closed;
    outbox.write("nobody hears this");
    outbox.flush();
  });
});
