import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  changeTrigger,
  type NewTrigger,
  newTrigger,
  parseTriggerPlace,
  triggerPlaceText,
} from "./trigger.ts";

const CHOSEN: NewTrigger = { name: "hello", appId: "app", fnId: "fn", type: "http", source: "/hello" };

describe("a new trigger", () => {
  test("has what its caller chose, and no headers", () => {
    assert.deepEqual(newTrigger({ ...CHOSEN, annotations: { a: 1 } }, "id", 5), {
      ...CHOSEN,
      annotations: { a: 1 },
      headers: {},
      id: "id",
      createdAtMs: 5,
      updatedAtMs: 5,
    });
  });

  for (const chosen of [
    { name: "über_2-x" },
    { name: "a".repeat(255) },
    { source: "/" },
    { source: "/a/b.c/?d=%zz" },
    { source: "/a//" },
    { source: `/${"a".repeat(1023)}` },
  ]) {
    test(`may have ${JSON.stringify(chosen).slice(0, 50)}`, () =>
      void newTrigger({ ...CHOSEN, ...chosen }, "id", 5));
  }

  const refused: { chosen: Partial<NewTrigger>; code: string }[] = [
    { chosen: { appId: "", name: "" }, code: "trigger_app_missing" },
    { chosen: { name: "", fnId: "" }, code: "trigger_name_missing" },
    { chosen: { name: "a".repeat(256) }, code: "trigger_name_too_long" },
    { chosen: { name: "a/b" }, code: "trigger_name_invalid" },
    { chosen: { name: "a\0b" }, code: "trigger_name_invalid" },
    { chosen: { fnId: "", type: "" }, code: "trigger_fn_missing" },
    { chosen: { type: "timer", source: "" }, code: "trigger_type_unsupported" },
    { chosen: { source: "" }, code: "trigger_source_missing" },
    { chosen: { source: "hello" }, code: "trigger_source_unrooted" },
    { chosen: { source: `/${"a".repeat(1024)}` }, code: "trigger_source_too_long" },
    { chosen: { source: "/a/../b" }, code: "trigger_source_invalid" },
    { chosen: { source: "/." }, code: "trigger_source_invalid" },
    { chosen: { source: "/a\r\n" }, code: "trigger_source_invalid" },
    { chosen: { annotations: { "a b": 1 } }, code: "annotation_key_invalid" },
  ];
  for (const { chosen, code } of refused) {
    test(`is refused with ${code} as ${JSON.stringify(chosen).slice(0, 50)}`, () => {
      assert.throws(() => newTrigger({ ...CHOSEN, ...chosen }, "id", 5), { code });
    });
  }
});

describe("a changed trigger", () => {
  const trigger = newTrigger({ ...CHOSEN, annotations: { a: 1 } }, "id", 1);

  test("has the time of the change", () => {
    const change = { name: "new", source: "/new", annotations: { a: null, b: 2 } };
    const changed = { ...trigger, ...change, annotations: { b: 2 }, updatedAtMs: 5 };
    assert.deepEqual(changeTrigger(trigger, change, 5), changed);
  });

  test("is the same one when nothing changes", () => {
    assert.equal(changeTrigger(trigger, { name: "", source: "/hello", annotations: { a: 1 } }, 5), trigger);
  });

  test("may keep a name that only /v1 gives", () => {
    const ofRoute = { ...trigger, name: "/hello" };
    assert.equal(changeTrigger(ofRoute, { name: "/hello", source: "/new" }, 5).name, "/hello");
  });

  test("is refused a name or a source that a new one is refused", () => {
    assert.throws(() => changeTrigger(trigger, { name: "/new" }, 5), { code: "trigger_name_invalid" });
    assert.throws(() => changeTrigger(trigger, { source: "new" }, 5), { code: "trigger_source_unrooted" });
  });
});

describe("a place in a list of triggers", () => {
  for (const place of [{ name: "a", id: "1" }, { name: "/a b", id: "" }, { name: "a" }]) {
    test(`is read as it is written: ${JSON.stringify(place)}`, () => {
      assert.deepEqual(parseTriggerPlace(triggerPlaceText(place)), place);
    });
  }
});
