import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readEvents, type ServerEvent } from "./events.ts";

/** The events of these parts of a body. */
async function eventsOf(parts: readonly Uint8Array[]): Promise<ServerEvent[]> {
  async function* body() {
    yield* parts;
  }
  const events: ServerEvent[] = [];
  for await (const event of readEvents(body())) events.push(event);
  return events;
}

const eventsIn = (text: string) => eventsOf([Buffer.from(text)]);

describe("server-sent events", () => {
  test("have a type and data", async () => {
    assert.deepEqual(await eventsIn("event: log\ndata: x\n\n"), [{ type: "log", data: "x" }]);
  });

  test("are messages without a type", async () => {
    assert.deepEqual(await eventsIn("data: x\n\n"), [{ type: "message", data: "x" }]);
  });

  test("may have several lines of data", async () => {
    assert.deepEqual(await eventsIn("data: a\ndata:b\n\n"), [{ type: "message", data: "a\nb" }]);
  });

  test("without data are none", async () => {
    assert.deepEqual(await eventsIn(": hello\n\nevent: x\n\nid: 1\nretry: 5\n\n"), []);
  });

  test("that do not end are none", async () => {
    assert.deepEqual(await eventsIn("data: a\n\ndata: b"), [{ type: "message", data: "a" }]);
  });

  test("are the same however the bytes are cut, and whatever ends the lines", async () => {
    const cuts = fc.array(fc.nat(60), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom("\n", "\r\n"), async (places, end) => {
        const bytes = Buffer.from("event: log\ndata: ä ö\ndata: x\n\ndata: y\n\n".replaceAll("\n", end));
        const at = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const parts = at.slice(1).map((to, i) => bytes.subarray(at[i], to));
        assert.deepEqual(await eventsOf(parts), [
          { type: "log", data: "ä ö\nx" },
          { type: "message", data: "y" },
        ]);
      }),
      { numRuns: 200 },
    );
  });
});
