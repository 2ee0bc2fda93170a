import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IncomingBody } from "./incoming-body.ts";

/** A body, and what its taker has heard. */
function rig() {
  const heard: (string | Error | undefined)[] = [];
  const state = { wanted: 0, takes: true };
  const body = new IncomingBody(() => void state.wanted++);
  const taker = {
    part(bytes: Buffer) {
      heard.push(String(bytes));
      return state.takes;
    },
    end: (failure: Error | undefined) => void heard.push(failure),
  };
  return { body, taker, heard, state };
}

describe("the taker of a body", () => {
  test("asks for it, and gets its parts and its end as they come", () => {
    const { body, taker, heard, state } = rig();
    assert.equal(state.wanted, 0);
    body.giveTo(taker);
    assert.equal(state.wanted, 1);
    assert.equal(body.push(Buffer.from("a")), true);
    body.end();
    assert.deepEqual(heard, ["a", undefined]);
  });

  test("gets what came before it", () => {
    const { body, taker, heard } = rig();
    body.push(Buffer.from("a"));
    body.end();
    body.giveTo(taker);
    assert.deepEqual(heard, ["a", undefined]);
  });

  test("is given no more until it wants more", () => {
    const { body, taker, state } = rig();
    body.giveTo(taker);
    state.takes = false;
    assert.equal(body.push(Buffer.from("a")), false);
    assert.equal(body.isFull, true);
    const before = state.wanted;
    body.resume();
    body.resume();
    assert.deepEqual([body.isFull, state.wanted], [false, before + 1]);
  });

  test("hears why a body is not whole", () => {
    const { body, taker, heard } = rig();
    const failure = new Error("gone");
    body.giveTo(taker);
    body.end(failure);
    assert.deepEqual(heard, [failure]);
  });

  test("hears nothing more of one that was dropped", () => {
    const { body, taker, heard, state } = rig();
    body.giveTo(taker);
    state.takes = false;
    body.push(Buffer.from("a"));
    body.drop();
    assert.equal(body.isFull, false);
    assert.equal(body.push(Buffer.from("b")), true);
    body.end();
    assert.deepEqual(heard, ["a"]);
  });
});
