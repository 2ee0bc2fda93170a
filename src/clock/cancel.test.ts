import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { abortSignalOf, Cancel } from "./cancel.ts";

describe("a cancel", () => {
  test("tells each listener once, with the first reason", () => {
    const cancel = new Cancel();
    const heard: unknown[] = [];
    cancel.signal.addEventListener("abort", () => heard.push(cancel.signal.reason));
    cancel.signal.addEventListener("abort", () => heard.push("second"));
    cancel.abort("gone");
    cancel.abort("late");
    assert.deepEqual(heard, ["gone", "second"]);
    assert.equal(cancel.signal.aborted, true);
    assert.equal(cancel.signal.reason, "gone");
    assert.throws(
      () => cancel.signal.throwIfAborted(),
      (error) => error === "gone",
    );
  });

  test("tells nobody who has left, or came later", () => {
    const cancel = new Cancel();
    const heard = () => assert.fail("heard");
    cancel.signal.addEventListener("abort", heard);
    cancel.signal.removeEventListener("abort", heard);
    cancel.signal.throwIfAborted();
    cancel.abort("gone");
    cancel.signal.addEventListener("abort", heard);
  });

  test("aborts a signal of Node's with it", () => {
    const cancel = new Cancel();
    const before = abortSignalOf(cancel.signal);
    assert.equal(before.aborted, false);
    cancel.abort("gone");
    assert.deepEqual([before.reason, abortSignalOf(cancel.signal).reason], ["gone", "gone"]);
    assert.equal(abortSignalOf(before), before);
  });
});
