import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { openRig } from "./rig.suite.ts";

/** One for all, as nothing that is tried here changes it: an app, a fn and a trigger, and others that could be made. */
const rig = await openRig({ after });
const app_id = await rig.makeApp();
const fn_id = await rig.makeFn(app_id);
await rig.makeTrigger(app_id, fn_id);
const valid: Readonly<Record<string, object>> = {
  apps: { name: "new" },
  fns: { app_id, name: "new", image: "i" },
  triggers: { app_id, fn_id, name: "new", type: "http", source: "/new" },
};

const LONG = "a".repeat(10_000);

/** By what no name may be, whatever it names. */
const NAMES = { dots: "..", escaped: "%2e%2e", nul: "a\0b", lines: "a\r\nb", long: LONG, half: "\ud800" };

describe("hostile values are refused in a body, and nothing is stored", () => {
  const fields = [
    { list: "apps", field: "name", values: NAMES },
    {
      list: "apps",
      field: "syslog_url",
      values: { ...NAMES, inside: "tcp://a\r\nb:1", port: "tcp://a:99999" },
    },
    { list: "apps", field: "shape", values: NAMES },
    { list: "fns", field: "name", values: { ...NAMES, slash: "a/b" } },
    { list: "fns", field: "app_id", values: NAMES },
    { list: "fns", field: "image", values: { nul: "a\0b", lines: "a\r\nb", long: LONG } },
    { list: "fns", field: "format", values: { ...NAMES, inherited: "constructor" } },
    { list: "fns", field: "type", values: { ...NAMES, inherited: "constructor" } },
    { list: "fns", field: "cpus", values: { ...NAMES, huge: "9".repeat(400) } },
    { list: "fns", field: "memory", values: { huge: 1e300, negative: -1, text: "1" } },
    { list: "fns", field: "timeout", values: { huge: 1e300, negative: -1, text: "1" } },
    { list: "triggers", field: "name", values: NAMES },
    { list: "triggers", field: "fn_id", values: NAMES },
    { list: "triggers", field: "type", values: NAMES },
    {
      list: "triggers",
      field: "source",
      values: { dots: "/../a", nul: "/\0", lines: "/\r\n", long: `/${LONG}` },
    },
  ];
  for (const { list, field, values } of fields) {
    for (const [kind, value] of Object.entries(values)) {
      test(`${list}: ${field} of ${kind}`, async () => {
        const { status, text } = await rig.send("POST", `/v2/${list}`, { ...valid[list], [field]: value });
        assert.ok(status === 400 || status === 404, `${status} ${text}`);
        assert.deepEqual(await counts(), { apps: 1, fns: 1, triggers: 1 });
      });
    }
  }
});

describe("hostile values in a URL find nothing, and harm nothing", () => {
  for (const [kind, value] of Object.entries({
    dots: "..",
    twice: "%252e%252e",
    lines: "%0d%0a",
    long: LONG,
  })) {
    for (const target of [`/v2/apps/${value}`, `/v2/fns/${value}`, `/v2/triggers/${value}`]) {
      test(`${target.slice(0, 30)}: ${kind}`, async () => {
        for (const method of ["GET", "DELETE"]) assert.equal((await rig.send(method, target)).status, 404);
        assert.deepEqual(await counts(), { apps: 1, fns: 1, triggers: 1 });
      });
    }

    test(`a cursor, a name and a per_page of ${kind}`, async () => {
      for (const query of [`cursor=${value}`, `name=${value}`, `per_page=${value}`]) {
        assert.equal((await rig.send("GET", `/v2/apps?${query}`)).status, 200);
      }
    });
  }
});

async function counts() {
  const { store } = rig;
  const apps = await store.apps.list({ limit: 10 });
  const fns = await store.fns.list(app_id, { limit: 10 });
  const triggers = await store.triggers.list(app_id, { limit: 10 });
  return { apps: apps.length, fns: fns.length, triggers: triggers.length };
}
