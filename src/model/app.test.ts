import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { APP_DEFAULTS, type App, changeApp, newApp, validateAppName, validateAppNameV2 } from "./app.ts";

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

describe("an app name in /v2", () => {
  for (const name of ["a", "Grüße_2-x", "日本", "٣", "a".repeat(255)]) {
    test(`may be ${name}`, () => validateAppNameV2(name));
  }

  const refused = [
    { name: "", code: "name_missing" },
    { name: "a".repeat(256), code: "app_name_too_long" },
    { name: "é".repeat(128), code: "app_name_too_long" },
    { name: "a.b", code: "app_name_invalid" },
    { name: "..", code: "app_name_invalid" },
    { name: "%2e", code: "app_name_invalid" },
    { name: "a b", code: "app_name_invalid" },
    { name: "a\0", code: "app_name_invalid" },
    { name: "a\r\n", code: "app_name_invalid" },
    { name: "\ud800", code: "app_name_invalid" },
  ];
  for (const { name, code } of refused) {
    test(`may not be ${JSON.stringify(name)}: ${code}`, () => {
      assert.throws(() => validateAppNameV2(name), { code });
    });
  }
});

describe("a new app", () => {
  test("has what its caller chose, and the defaults besides", () => {
    const config = { A: "1", EMPTY: "" };
    assert.deepEqual(newApp({ name: "demo", config }, "id", 5), {
      ...APP_DEFAULTS,
      id: "id",
      name: "demo",
      config,
      createdAtMs: 5,
      updatedAtMs: 5,
    });
  });

  const refused = [
    { chosen: { name: "a/b" }, code: "app_name_invalid" },
    { chosen: { name: "a", annotations: { "": 1 } }, code: "annotation_key_invalid" },
    { chosen: { name: "a", syslogUrl: "yo" }, code: "syslog_url_invalid" },
    { chosen: { name: "a", shape: "ROUND" }, code: "shape_invalid" },
  ];
  for (const { chosen, code } of refused) {
    test(`is refused with ${code} as ${JSON.stringify(chosen)}`, () => {
      assert.throws(() => newApp(chosen, "id", 5), { code });
    });
  }
});

describe("a changed app", () => {
  const app: App = {
    ...APP_DEFAULTS,
    id: "1",
    name: "demo",
    config: { A: "1" },
    secrets: { S: "x" },
    annotations: { note: [1] },
    syslogUrl: "tcp://log:514",
    shape: "GENERIC_ARM",
    createdAtMs: 1,
    updatedAtMs: 1,
  };

  test("has the time of the change", () => {
    const changed = { ...app, config: { A: "1", B: "2" }, updatedAtMs: 5 };
    assert.deepEqual(changeApp(app, { config: { B: "2" } }, 5), changed);
  });

  test("has config, secrets and annotations changed key by key", () => {
    const change = { config: { A: "" }, secrets: { S: "y", T: "z" }, annotations: { note: null, more: 2 } };
    const { config, secrets, annotations } = changeApp(app, change, 5);
    assert.deepEqual([config, secrets, annotations], [{}, { S: "y", T: "z" }, { more: 2 }]);
  });

  test("has no syslog URL once that is cleared, and keeps its shape", () => {
    const { syslogUrl, shape } = changeApp(app, { syslogUrl: "", shape: "" }, 5);
    assert.deepEqual([syslogUrl, shape], ["", "GENERIC_ARM"]);
  });

  test("is the same one when nothing changes", () => {
    const change = {
      config: { A: "1", B: "" },
      annotations: { note: [1], gone: null },
      syslogUrl: app.syslogUrl,
    };
    assert.equal(changeApp(app, change, 5), app);
  });

  test("may have as much as an app may, and no more", () => {
    const annotations = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`more-${i}`, i]));
    assert.throws(() => changeApp(app, { annotations }, 5), { code: "annotations_too_many" });
    changeApp(app, { annotations: { ...annotations, note: null } }, 5);
  });
});
