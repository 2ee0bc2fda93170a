import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changeFn, FN_DEFAULTS, type FnChange, type NewFn, newFn, validateFnName } from "./fn.ts";

const CHOSEN: NewFn = { name: "hello", appId: "app", image: "test/hello" };

describe("a fn name", () => {
  for (const name of ["a", "Hello_2.x-y~z", "a:b@c=d&e$f+g", "...", "a".repeat(255)]) {
    test(`may be ${name}`, () => validateFnName(name));
  }

  const refused = [
    { name: "", code: "fn_name_missing" },
    { name: "a".repeat(256), code: "fn_name_too_long" },
    { name: "/hello", code: "fn_name_invalid" },
    { name: "a b", code: "fn_name_invalid" },
    { name: "é", code: "fn_name_invalid" },
    { name: "%2e", code: "fn_name_invalid" },
    { name: "a?b", code: "fn_name_invalid" },
    { name: ".", code: "fn_name_invalid" },
    { name: "..", code: "fn_name_invalid" },
    { name: "a\0", code: "fn_name_invalid" },
    { name: "a\n", code: "fn_name_invalid" },
  ];
  for (const { name, code } of refused) {
    test(`may not be ${JSON.stringify(name).slice(0, 20)}: ${code}`, () => {
      assert.throws(() => validateFnName(name), { code });
    });
  }
});

describe("a new fn", () => {
  test("speaks http-stream, and has the defaults, unless told", () => {
    assert.deepEqual(newFn(CHOSEN, {}, "id", 5), {
      ...FN_DEFAULTS,
      format: "http-stream",
      id: "id",
      appId: "app",
      name: "hello",
      image: "test/hello",
      annotations: {},
      shape: undefined,
      createdAtMs: 5,
      updatedAtMs: 5,
    });
  });

  test("has what its caller chose, else what the image says of itself", () => {
    const image = { memoryMib: 64, timeoutS: 60, format: "json", config: { A: "1", B: "2" } };
    const fn = newFn({ ...CHOSEN, timeoutS: 5, config: { B: "" } }, image, "id", 5);
    assert.deepEqual([fn.memoryMib, fn.timeoutS, fn.format, fn.config], [64, 5, "json", { A: "1", B: "" }]);
  });

  const refused: { chosen: Partial<NewFn>; code: string }[] = [
    { chosen: { name: "", appId: "", image: "" }, code: "fn_name_missing" },
    { chosen: { appId: "", image: "" }, code: "fn_app_missing" },
    { chosen: { image: "", timeoutS: 0 }, code: "fn_image_missing" },
    { chosen: { image: "a\nb" }, code: "image_name_invalid" },
    { chosen: { type: "later" }, code: "fn_type_invalid" },
    { chosen: { format: "xml" }, code: "fn_format_invalid" },
    { chosen: { timeoutS: 0, idleTimeoutS: 0 }, code: "fn_timeout_invalid" },
    { chosen: { timeoutS: 301 }, code: "fn_timeout_invalid" },
    { chosen: { idleTimeoutS: 3601, memoryMib: 0 }, code: "fn_idle_timeout_invalid" },
    { chosen: { memoryMib: 8193, retries: 101 }, code: "fn_memory_invalid" },
    { chosen: { retries: 101 }, code: "retries_invalid" },
    { chosen: { annotations: { a: "" } }, code: "annotation_value_invalid" },
    { chosen: { shape: "ROUND" }, code: "shape_invalid" },
  ];
  for (const { chosen, code } of refused) {
    test(`is refused with ${code} as ${JSON.stringify(chosen)}`, () => {
      assert.throws(() => newFn({ ...CHOSEN, ...chosen }, {}, "id", 5), { code });
    });
  }

  for (const chosen of [
    { memoryMib: 1, timeoutS: 1, idleTimeoutS: 1 },
    { memoryMib: 8192, timeoutS: 300, idleTimeoutS: 3600 },
  ]) {
    test(`may have ${JSON.stringify(chosen)}`, () => void newFn({ ...CHOSEN, ...chosen }, {}, "id", 5));
  }
});

describe("a changed fn", () => {
  const fn = newFn(
    { ...CHOSEN, config: { A: "1" }, annotations: { a: 1 }, shape: "GENERIC_ARM" },
    {},
    "id",
    1,
  );

  test("has the time of the change", () => {
    assert.deepEqual(changeFn(fn, { memoryMib: 64 }, 5), { ...fn, memoryMib: 64, updatedAtMs: 5 });
  });

  test("has config, secrets and annotations changed key by key", () => {
    const change = { config: { A: "", B: "2" }, secrets: { S: "x" }, annotations: { a: null, b: [] } };
    const { config, secrets, annotations } = changeFn(fn, change, 5);
    assert.deepEqual([config, secrets, annotations], [{ B: "2" }, { S: "x" }, { b: [] }]);
  });

  const nothing: FnChange[] = [
    {},
    { image: fn.image, config: { A: "1", B: "" } },
    { shape: "", annotations: { a: 1, b: null } },
  ];
  for (const change of nothing) {
    test(`is the same one after ${JSON.stringify(change)}`, () => assert.equal(changeFn(fn, change, 5), fn));
  }

  test("keeps a timeout that /v1 allowed, whatever else changes", () => {
    const slow = { ...fn, timeoutS: 3600 };
    assert.equal(changeFn(slow, { memoryMib: 64, timeoutS: 3600 }, 5).timeoutS, 3600);
    assert.throws(() => changeFn(slow, { timeoutS: 3599 }, 5), { code: "fn_timeout_invalid" });
  });

  test("is refused as a whole", () => {
    assert.throws(() => changeFn(fn, { memoryMib: 64, idleTimeoutS: -1 }, 5), {
      code: "fn_idle_timeout_invalid",
    });
  });
});
