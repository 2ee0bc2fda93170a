import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

const page = readFileSync(new URL("./lb.html", import.meta.url), "utf8");

describe("the page of the balancer", () => {
  test("loads nothing from elsewhere", () => {
    assert.doesNotMatch(page, /(?:src|href|url|import)\s*[=(]?\s*["'(]?\s*(?:https?:)?\/\//i);
  });

  test("has the title and the charts that the one of Fn had", () => {
    assert.match(page, /<title>lb dash<\/title>/);
    for (const id of ["throughput_chart", "wait_chart"]) assert.ok(page.includes(`id="${id}"`), id);
  });

  test("has a script that can be read", () => {
    const [, script = ""] = /<script type="module">(.*)<\/script>/s.exec(page) ?? [];
    assert.ok(script.length > 1000);
    assert.doesNotThrow(() => new Function(script));
  });
});
