import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Unframe } from "./frames.ts";

function frame(payload: string, stream = 1): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(payload), 4);
  return Buffer.concat([header, Buffer.from(payload)]);
}

function unframed(...chunks: Buffer[]): Promise<string> {
  return text(Readable.from(chunks).compose(new Unframe()));
}

describe("the frames of an engine's stream", () => {
  test("are taken off, wherever the stream is cut into pieces", async () => {
    const property = fc.asyncProperty(fc.array(fc.string()), fc.array(fc.nat(40)), async (payloads, cuts) => {
      const bytes = Buffer.concat(payloads.map((payload) => frame(payload)));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        if (cut > 0) chunks.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(bytes.subarray(at));
      assert.equal(await unframed(...chunks.filter((chunk) => chunk.length > 0)), payloads.join(""));
    });
    await fc.assert(property, { numRuns: 50 });
  });

  test("may be empty", async () => {
    assert.equal(await unframed(frame(""), frame("x")), "x");
  });

  test("must be whole", async () => {
    await assert.rejects(unframed(frame("hello").subarray(0, 10)), /broke off/);
    await assert.rejects(unframed(frame("hello").subarray(0, 3)), /broke off/);
  });

  test("must be there", async () => {
    await assert.rejects(unframed(Buffer.from("plain text without frames")), /no frames/);
  });
});
