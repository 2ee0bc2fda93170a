import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type App, changeApp, mergeConfig, validateAppName } from "./app.ts";

describe("an app name", () => {
  for (const name of ["a", "Z", "my_app-2", "0", "a".repeat(30)]) {
    test(`may be ${name}`, () => validateAppName(name));
  }

  const refused = [
    { name: "", code: "app_name_missing" },
    { name: "a".repeat(31), code: "app_name_too_long" },
    { name: "é".repeat(16), code: "app_name_too_long" },
    { name: "é", code: "app_name_invalid" },
    { name: "a.b", code: "app_name_invalid" },
    { name: "a/b", code: "app_name_invalid" },
    { name: "a\n", code: "app_name_invalid" },
  ];
  for (const { name, code } of refused) {
    test(`may not be ${JSON.stringify(name)}: ${code}`, () => {
      assert.throws(() => validateAppName(name), { code });
    });
  }
});

describe("a change of config", () => {
  const config = { A: "1", B: "2", EMPTY: "" };

  test("sets what has a text, removes what has none, keeps what is not named", () => {
    assert.deepEqual(mergeConfig(config, { A: "one", B: "", C: "3" }), { A: "one", EMPTY: "", C: "3" });
  });

  test("keeps an empty value whose key only looks named, as all objects have it", () => {
    assert.deepEqual(mergeConfig({ toString: "" }, {}), { toString: "" });
  });

  test("treats __proto__ as a key like any other", () => {
    const change: Record<string, string> = JSON.parse('{"__proto__":"x"}');
    assert.deepEqual(Object.entries(mergeConfig({}, change)), [["__proto__", "x"]]);
  });
});

describe("a changed app", () => {
  const app: App = { id: "1", name: "demo", config: { A: "1" }, createdAtMs: 1, updatedAtMs: 1 };

  test("has the time of the change", () => {
    assert.deepEqual(changeApp(app, { B: "2" }, 5), { ...app, config: { A: "1", B: "2" }, updatedAtMs: 5 });
  });

  test("is the same one when nothing changes", () => {
    assert.equal(changeApp(app, { A: "1", B: "" }, 5), app);
  });
});
