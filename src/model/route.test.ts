import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FN_DEFAULTS } from "./fn.ts";
import {
  changeRoute,
  cleanRoutePath,
  formatCpus,
  newRouteSettings,
  parseCpus,
  type Route,
  type RouteChange,
  routeSettings,
  validateRoutePath,
  validateRouteSettings,
} from "./route.ts";

describe("a route path", () => {
  for (const path of ["/", "/hello", "/a/b.c", "/a%20b", "/a?b=:c", "/é"]) {
    test(`may be ${path}`, () => validateRoutePath(path));
  }

  const refused = [
    { path: "", code: "route_path_missing" },
    { path: "/%zz", code: "route_path_malformed" },
    { path: "/a%", code: "route_path_malformed" },
    { path: "/a\nb", code: "route_path_malformed" },
    { path: "/a\0b", code: "route_path_malformed" },
    { path: "/:a", code: "route_path_dynamic" },
    { path: "a:b", code: "route_path_dynamic" },
    { path: "/a\r\n", code: "route_path_malformed" },
    { path: "/\ud800", code: "route_path_malformed" },
    { path: "hello", code: "route_path_invalid" },
    { path: `/${"a".repeat(1024)}`, code: "route_path_too_long" },
  ];
  for (const { path, code } of refused) {
    test(`may not be ${JSON.stringify(path).slice(0, 20)}: ${code}`, () => {
      assert.throws(() => validateRoutePath(path), { code });
    });
  }

  const cleaned = [
    { path: "/a//b/", clean: "/a/b" },
    { path: "/a/./b/../c", clean: "/a/c" },
    { path: "/../../a", clean: "/a" },
    { path: "", clean: "/" },
    { path: "a", clean: "/a" },
  ];
  for (const { path, clean } of cleaned) {
    test(`${path || "(empty)"} is cleaned to ${clean}`, () => assert.equal(cleanRoutePath(path), clean));
  }

  test("is clean once it is cleaned", () => {
    const path = fc.array(fc.constantFrom("/", ".", "..", "a", "")).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(path, (any) => assert.equal(cleanRoutePath(cleanRoutePath(any)), cleanRoutePath(any))),
    );
  });
});

describe("cpus", () => {
  const read = [
    { text: "500m", milli: 500 },
    { text: " 0.5 ", milli: 500 },
    { text: ".25", milli: 250 },
    { text: "2.", milli: 2000 },
    { text: "1.001", milli: 1001 },
    { text: "8.2", milli: 8200 },
    { text: "0.0001", milli: 0 },
    { text: "0.9999", milli: 999 },
    { text: "1024", milli: 1_024_000 },
    { text: "1024000m", milli: 1_024_000 },
    { text: "0", milli: 0 },
    { text: "", milli: 0 },
  ];
  for (const { text, milli } of read) {
    test(`"${text}" are ${milli} thousandths`, () => assert.equal(parseCpus(text), milli));
  }

  for (const text of [
    "1024.001",
    "1024001m",
    "-1",
    "+1",
    "1e3",
    "0x1",
    ".",
    "m",
    "0.5m",
    "1 m",
    "one",
    "NaN",
  ]) {
    test(`"${text}" are none`, () => {
      assert.throws(() => parseCpus(text), { code: "route_cpus_invalid" });
    });
  }

  test("are read as they are written", () => {
    fc.assert(fc.property(fc.nat(1_024_000), (milli) => assert.equal(parseCpus(formatCpus(milli)), milli)));
  });

  test("are written as an empty text when unlimited", () => assert.equal(formatCpus(0), ""));
});

describe("settings of a route", () => {
  const settings = newRouteSettings({ image: "hello" });

  const allowed: RouteChange[] = [
    {},
    { timeoutS: 1, idleTimeoutS: 1, memoryMib: 1 },
    { timeoutS: 120, idleTimeoutS: 3600, memoryMib: 8192 },
    { type: "async", timeoutS: 3600 },
    { format: "http-stream" },
    { retries: 100, retryDelayS: 3600 },
    { headers: { "X-A": ["", "blank and\ttab", "caf\u00e9"] } },
  ];
  for (const change of allowed) {
    test(`may be ${JSON.stringify(change)}`, () => {
      assert.deepEqual(validateRouteSettings({ ...settings, ...change }), { ...settings, ...change });
    });
  }

  const refused: { change: RouteChange; code: string }[] = [
    { change: { image: "" }, code: "route_image_missing" },
    { change: { image: "a\0b" }, code: "image_name_invalid" },
    { change: { image: "a\r\nb" }, code: "image_name_invalid" },
    { change: { image: "a".repeat(4097) }, code: "image_name_invalid" },
    { change: { type: "SYNC" }, code: "route_type_invalid" },
    { change: { format: "HTTP" }, code: "route_format_invalid" },
    { change: { timeoutS: 0 }, code: "route_timeout_invalid" },
    { change: { timeoutS: 121 }, code: "route_timeout_invalid" },
    { change: { type: "async", timeoutS: 3601 }, code: "route_timeout_invalid" },
    { change: { timeoutS: 1.5 }, code: "route_timeout_invalid" },
    { change: { timeoutS: Number.NaN }, code: "route_timeout_invalid" },
    { change: { idleTimeoutS: 0 }, code: "route_idle_timeout_invalid" },
    { change: { idleTimeoutS: 3601 }, code: "route_idle_timeout_invalid" },
    { change: { memoryMib: 0 }, code: "route_memory_invalid" },
    { change: { memoryMib: 8193 }, code: "route_memory_invalid" },
    { change: { retries: 101 }, code: "retries_invalid" },
    { change: { retries: -1 }, code: "retries_invalid" },
    { change: { retryDelayS: 3601 }, code: "retry_delay_invalid" },
    { change: { retryDelayS: 0.5 }, code: "retry_delay_invalid" },
    { change: { headers: { "": ["1"] } }, code: "route_header_invalid" },
    { change: { headers: { "X:A": ["1"] } }, code: "route_header_invalid" },
    { change: { headers: { "X-A": ["1\r\n"] } }, code: "route_header_invalid" },
    { change: { headers: { "X-A": ["\u20ac"] } }, code: "route_header_invalid" },
  ];
  for (const { change, code } of refused) {
    test(`may not be ${JSON.stringify(change).slice(0, 50)}: ${code}`, () => {
      assert.throws(() => validateRouteSettings({ ...settings, ...change }), { code });
    });
  }
});

describe("settings of a new route", () => {
  test("are the caller's, else those of the image, else the defaults", () => {
    const chosen = { image: "hello", memoryMib: 64, format: undefined };
    assert.deepEqual(newRouteSettings(chosen, { memoryMib: 32, format: "json", timeoutS: undefined }), {
      ...FN_DEFAULTS,
      image: "hello",
      memoryMib: 64,
      format: "json",
      headers: {},
    });
  });

  test("keep an empty config value", () => {
    assert.deepEqual(newRouteSettings({ config: { A: "" } }).config, { A: "" });
  });

  test("have no header without a value", () => {
    assert.deepEqual(newRouteSettings({ headers: { "X-A": [], "X-B": ["1"] } }).headers, { "X-B": ["1"] });
  });
});

describe("a changed route", () => {
  const route = routeWith({ headers: { "x-low": ["1"], "X-Other": ["2"] }, config: { A: "1" } });

  test("has the time of the change in both of its halves", () => {
    const { fn, trigger } = changeRoute(route, { memoryMib: 64 }, 5);
    assert.deepEqual([fn.memoryMib, fn.updatedAtMs, trigger.updatedAtMs], [64, 5, 5]);
    assert.deepEqual([fn.createdAtMs, trigger.createdAtMs], [1, 1]);
  });

  test("is the same one when nothing changes", () => {
    assert.equal(changeRoute(route, { ...routeSettings(route), config: { A: "1", B: "" } }, 5), route);
  });

  test("has each header once, by the name last given", () => {
    const { trigger } = changeRoute(route, { headers: { "X-LOW": ["one"], "x-other": [] } }, 5);
    assert.deepEqual(trigger.headers, { "X-LOW": ["one"] });
  });

  test("is unlimited again when its cpus become 0", () => {
    const limited = routeWith({ cpusMilli: 500 });
    assert.equal(changeRoute(limited, { cpusMilli: 0 }, 5).fn.cpusMilli, 0);
  });

  test("keeps a timeout that /v2 allowed, whatever else changes", () => {
    const route = routeWith({});
    const slow = { ...route, fn: { ...route.fn, timeoutS: 300 } };
    assert.equal(changeRoute(slow, { memoryMib: 64 }, 5).fn.timeoutS, 300);
    assert.throws(() => changeRoute(slow, { timeoutS: 299 }, 5), { code: "route_timeout_invalid" });
  });

  test("has secrets changed key by key", () => {
    const secret = routeWith({ secrets: { A: "x", B: "y" } });
    assert.deepEqual(changeRoute(secret, { secrets: { A: "", C: "z" } }, 5).fn.secrets, { B: "y", C: "z" });
  });

  test("keeps what only /v2 knows", () => {
    const noted = { ...route, fn: { ...route.fn, annotations: { a: 1 }, shape: "GENERIC_ARM" as const } };
    const { fn } = changeRoute(noted, { memoryMib: 64 }, 5);
    assert.deepEqual([fn.annotations, fn.shape], [{ a: 1 }, "GENERIC_ARM"]);
  });

  test("is refused as a whole", () => {
    const slow = routeWith({ type: "async", timeoutS: 600 });
    assert.throws(() => changeRoute(slow, { type: "sync" }, 5), { code: "route_timeout_invalid" });
  });
});

function routeWith(change: RouteChange): Route {
  const { headers, ...settings } = validateRouteSettings(newRouteSettings({ image: "hello", ...change }));
  const common = { appId: "app", name: "/hello", annotations: {}, createdAtMs: 1, updatedAtMs: 1 };
  return {
    fn: { ...common, ...settings, id: "fn", shape: undefined },
    trigger: { ...common, id: "trigger", fnId: "fn", type: "http", source: "/hello", headers },
  };
}
