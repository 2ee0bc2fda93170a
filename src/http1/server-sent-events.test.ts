import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeEvent, encodeRetry, HEARTBEAT } from "./server-sent-events.ts";

describe("a server-sent event", () => {
  test("is its kind, its data as JSON and an empty line", () => {
    assert.equal(encodeEvent({ event: "log", data: { a: 1 } }), 'event: log\ndata: {"a":1}\n\n');
  });

  test("has its id before them", () => {
    assert.equal(encodeEvent({ id: 7, event: "second", data: [] }), "id: 7\nevent: second\ndata: []\n\n");
  });

  test("stays whole with line ends in its data", () => {
    assert.equal(encodeEvent({ event: "log", data: "a\n\r\nb" }), 'event: log\ndata: "a\\n\\r\\nb"\n\n');
  });

  test("may come behind the time after which a client comes back", () => {
    assert.equal(
      encodeRetry(2000) + encodeEvent({ event: "e", data: 0 }),
      "retry: 2000\nevent: e\ndata: 0\n\n",
    );
  });

  test("is no heartbeat: that is a comment", () => {
    assert.match(HEARTBEAT, /^:.*\n\n$/);
  });
});
