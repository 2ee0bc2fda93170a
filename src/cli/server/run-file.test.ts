import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CommandError } from "../common/io.ts";
import { processIdentity } from "./process-identity.ts";
import { type Run, RunFile } from "./run-file.ts";

let home: string;
let file: RunFile;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hotfn-"));
  file = new RunFile({ HOME: home });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run: Run = {
  pid: process.pid,
  identity: processIdentity(process.pid) ?? "",
  version: "1.2.3",
  since: "2018-01-15T10:00:00.000Z",
  dataDir: "/data",
  address: "127.0.0.1:8080",
  nodes: [{ pid: process.pid, identity: "x", title: "node 8080", address: "127.0.0.1:8080" }],
};

describe("the note of what runs", () => {
  test("is nothing at first", () => {
    assert.equal(file.read(), undefined);
  });

  test("is what was claimed, and what it was changed to", () => {
    file.claim({ ...run, address: "" });
    file.update(run);
    assert.deepEqual(file.read(), run);
  });

  test("is for its owner alone", () => {
    file.claim(run);
    assert.equal(statSync(join(home, ".fn", "run.json")).mode & 0o777, 0o600);
  });

  test("refuses another run while one goes on", () => {
    file.claim(run);
    assert.throws(() => file.claim(run), CommandError);
  });

  test("gives way to another run when that of before has ended without a word", () => {
    file.claim({ ...run, identity: "of an earlier one" });
    file.claim(run);
    assert.deepEqual(file.read(), run);
  });

  test("is nothing when the process has ended and its pid is another's", () => {
    file.claim({ ...run, identity: "of an earlier one" });
    assert.equal(file.read(), undefined);
  });

  test("is forgotten by the run that it is about", () => {
    file.claim(run);
    file.release(run);
    assert.equal(file.read(), undefined);
  });

  test("is not forgotten by another run", () => {
    file.claim(run);
    file.release({ pid: run.pid, identity: "of an earlier one" });
    assert.deepEqual(file.read(), run);
  });

  for (const [what, text] of [
    ["is cut off", '{"pid": 1'],
    ["names a group of processes", JSON.stringify({ ...run, pid: -1 })],
    ["has no nodes", JSON.stringify({ ...run, nodes: undefined })],
    ["has a node without a pid", JSON.stringify({ ...run, nodes: [{ ...run.nodes[0], pid: 0 }] })],
  ] as const) {
    test(`counts for nothing when it ${what}`, () => {
      mkdirSync(join(home, ".fn"));
      writeFileSync(join(home, ".fn", "run.json"), text);
      assert.equal(file.read(), undefined);
    });
  }

  test("needs a home", () => {
    assert.throws(() => new RunFile({}), CommandError);
  });
});
