import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { lbProgram } from "./lb-flags.ts";
import { nodeProgram } from "./node-program.ts";
import { referencePages, VARIABLES } from "./reference.ts";
import { envNameOf } from "./settings.ts";

const folder = new URL("../../docs/reference/", import.meta.url);
const pages = await referencePages();

describe("docs/reference/", () => {
  for (const [name, text] of pages) {
    test(`${name} says what the program takes; else: npm run docs`, () => {
      assert.equal(readFileSync(new URL(name, folder), "utf8"), text);
    });
  }

  test("has no page of a program that is gone", () => {
    assert.deepEqual(readdirSync(folder).sort(), [...pages.keys()].sort());
  });
});

describe("docs/operating.md", () => {
  const text = readFileSync(new URL("../operating.md", folder), "utf8");
  const metrics = ["server/metrics.ts", "lb/admin/lb-metrics.ts"].map((file) =>
    readFileSync(new URL(`../${file}`, import.meta.url), "utf8"),
  );

  test("names only settings that there are", () => {
    const named = [...text.matchAll(/`-([a-z-]+)[` ]/g)].map(([, name = ""]) => name);
    const flags = { ...nodeProgram.flags, ...lbProgram.flags };
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((name) => !Object.hasOwn(flags, name)),
      [],
    );
  });

  test("names only variables that there are", () => {
    const named = [...text.matchAll(/\b(FN_[A-Z_]+)/g)].map(([, name]) => name);
    const known = [nodeProgram, lbProgram].flatMap((program) => [
      ...Object.keys(program.flags).map((flag) => envNameOf(program, flag)),
      ...Object.keys(VARIABLES[program.name] ?? {}),
    ]);
    assert.ok(named.length > 2);
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    );
  });

  test("names only metrics that there are", () => {
    const named = [...text.matchAll(/`(fn(?:lb)?_[a-z_]+)`/g)].map(([, name]) => name);
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((name) => !metrics.some((source) => source.includes(`"${name}"`))),
      [],
    );
  });
});
