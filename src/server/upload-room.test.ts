import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UploadRoom } from "./upload-room.ts";

describe("room for bodies on their way into the store", () => {
  test("is refused to a body that would go beyond it", () => {
    const room = new UploadRoom(10);
    room.enter().take(6);
    const other = room.enter();
    other.take(4);
    assert.throws(() => other.take(1), { code: "server_busy", retryAfterS: 1 });
  });

  test("is given back once by those that leave", () => {
    const room = new UploadRoom(10);
    const place = room.enter();
    place.take(10);
    place.leave();
    place.leave();
    const other = room.enter();
    other.take(10);
    assert.throws(() => room.enter().take(1), { code: "server_busy" });
  });
});
