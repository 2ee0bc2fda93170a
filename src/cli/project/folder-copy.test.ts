import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { COPIES_MAX, contentHash, copiesFolder, placeCopy, removeOldCopies } from "./folder-copy.ts";
import { readFuncFile } from "./func-file.ts";

let dir: string;
let source: string;
let copies: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fn-"));
  source = join(dir, "hello");
  copies = join(dir, "root", copiesFolder("demo", "hello"));
  mkdirSync(join(source, "lib"), { recursive: true });
  writeFileSync(join(source, "func.yaml"), "version: 0.0.1\n");
  writeFileSync(join(source, "lib/a.js"), "a");
});
afterEach(() => rmSync(dir, { recursive: true }));

const hash = async () => contentHash(await readFuncFile(source));
const place = async (nowMs: number, version = "0.0.2") => {
  const file = await readFuncFile(source);
  const copy = { file, version, hash: await contentHash(file), copies, nowMs };
  await placeCopy(copy);
  return join(copies, copy.hash);
};

describe("the hash of a folder", () => {
  test("is another for another content, name or mode, and for a link", async () => {
    const hashes = [await hash()];
    writeFileSync(join(source, "lib/a.js"), "b");
    hashes.push(await hash());
    writeFileSync(join(source, "lib/c.js"), "");
    hashes.push(await hash());
    chmodSync(join(source, "lib/c.js"), 0o755);
    hashes.push(await hash());
    symlinkSync("a.js", join(source, "lib/link"));
    hashes.push(await hash());
    assert.equal(new Set(hashes).size, hashes.length);
  });

  test("is the same whatever the version is, and whatever editors and git keep there", async () => {
    const before = await hash();
    writeFileSync(join(source, "func.yaml"), "version: 7.0.0\n");
    mkdirSync(join(source, ".git"));
    for (const name of [".git/HEAD", "a.js~", ".a.js.swp"]) writeFileSync(join(source, name), "x");
    assert.equal(await hash(), before);
  });
});

describe("a copy", () => {
  test("has everything but what editors and git keep, and the version that it is given", async () => {
    writeFileSync(join(source, "a~"), "");
    symlinkSync("lib/a.js", join(source, "link"));
    const copy = await place(1000);
    assert.deepEqual(readdirSync(copy).sort(), ["func.yaml", "lib", "link"]);
    assert.equal(readFileSync(join(copy, "link"), "utf8"), "a");
    assert.equal(readFileSync(join(copy, "func.yaml"), "utf8"), "version: 0.0.2\n");
    assert.equal(readFileSync(join(source, "func.yaml"), "utf8"), "version: 0.0.1\n");
  });

  test("has a function file of its own where that is a link, and leaves alone where it leads", async () => {
    const shared = join(dir, "shared.yaml");
    writeFileSync(shared, "version: 0.0.1\n");
    rmSync(join(source, "func.yaml"));
    symlinkSync("../shared.yaml", join(source, "func.yaml"));
    const copy = await place(1000);
    assert.equal(readFileSync(join(copy, "func.yaml"), "utf8"), "version: 0.0.2\n");
    assert.equal(readFileSync(shared, "utf8"), "version: 0.0.1\n");
  });

  test("is made once for one content", async () => {
    const first = await place(1000);
    assert.equal(await place(2000), first);
    assert.deepEqual(readdirSync(copies), [first.slice(copies.length + 1)]);
  });

  test("of two deployments at the same time is made by one of them", async () => {
    const [one, other] = await Promise.all([place(1000), place(1000)]);
    assert.equal(one, other);
    assert.equal(readdirSync(copies).length, 1);
  });

  test("of other names never meets it", () => {
    const names = ["hello", "/hello", "/a/b", "a-b", "%2Fhello", ".", ".."].map((name) =>
      copiesFolder("demo", name),
    );
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.every((name) => name.split("/").length === 3));
  });
});

describe("old copies", () => {
  test("go, but for the last ones", async () => {
    const made: string[] = [];
    for (let i = 0; i < COPIES_MAX + 2; i++) {
      writeFileSync(join(source, "lib/a.js"), String(i));
      made.push(await place(1000 * (i + 1)));
    }
    await removeOldCopies(copies, 100_000);
    assert.deepEqual(made.map(existsSync), [false, false, true, true, true]);
  });

  test("stay when they are deployed again", async () => {
    const first = await place(1000);
    for (let i = 0; i < COPIES_MAX; i++) {
      writeFileSync(join(source, "lib/a.js"), String(i));
      await place(2000 + i * 1000);
    }
    writeFileSync(join(source, "lib/a.js"), "a");
    await place(90_000);
    await removeOldCopies(copies, 100_000);
    assert.ok(existsSync(first));
  });

  test("that were never finished go after an hour", async () => {
    await place(1000);
    const unfinished = ["old", "young"].map((name) => join(copies, `.new-${name}`));
    for (const path of unfinished) mkdirSync(path);
    const nowMs = 10_000_000;
    for (const [i, path] of unfinished.entries()) utimesSync(path, i * 9000, i * 9000);
    await removeOldCopies(copies, nowMs);
    assert.deepEqual(unfinished.map(existsSync), [false, true]);
  });
});
