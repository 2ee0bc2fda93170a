import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, before, describe, test } from "node:test";
import { deployedName, isRoute } from "./plan.ts";
import { findAppFile, type Project, readProject, readProjects } from "./project.ts";
import { bumped } from "./version.ts";

let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), "fn-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text = ""): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const namesOf = ({ name, path }: Project) => [name, path];
const read = async (folder: string) =>
  namesOf(await readProject(join(root, folder), await findAppFile(join(root, folder))));

describe("a function is called", () => {
  test("like its folder, where there is no app file", async () => {
    write("users/list/func.yaml");
    assert.deepEqual(await read("users/list"), ["list", "/list"]);
  });

  test("by its way below the app file, one and all alike", async () => {
    write("app.yaml", "name: demo");
    for (const folder of ["", "hello/", "users/list/"]) write(`${folder}func.yaml`);
    const all = await readProjects({ folder: root, name: "demo" });
    const expected = [
      ["demo-root", "/"],
      ["hello", "/hello"],
      ["users-list", "/users/list"],
    ];
    assert.deepEqual(all.map(namesOf), expected);
    assert.deepEqual(await Promise.all(["", "hello", "users/list"].map(read)), expected);
  });

  test("as its file says", async () => {
    write("hello/func.yaml", "name: sally/x\npath: y//z/");
    const project = await readProject(join(root, "hello"), undefined);
    assert.deepEqual(namesOf(project), ["sally/x", "/y/z"]);
  });

  test("on the server without the registry of its image", async () => {
    write("hello/func.yaml", "name: localhost:5000/sally/x");
    assert.equal(deployedName(await readProject(join(root, "hello"), undefined)), "x");
  });
});

test("what lies in node_modules and in copies is no function of the app", async () => {
  for (const folder of ["a", "node_modules/b", ".deployed/demo/c"]) write(`${folder}/func.yaml`);
  const projects = await readProjects({ folder: root, name: "demo" });
  assert.deepEqual(
    projects.map(({ name }) => name),
    ["a"],
  );
});

test("an app without functions, and an app file without a name, are told", async () => {
  write("x/app.yaml", "title: demo");
  await assert.rejects(readProjects({ folder: root, name: "demo" }), /no functions found to deploy/);
  await assert.rejects(findAppFile(join(root, "x")), /^CommandError: app\.yaml:1:1: .*'name'/);
});

describe("a function is a route", () => {
  for (const [settings, expected] of [
    [{ path: "/x" }, true],
    [{ format: "http" }, true],
    [{ headers: {} }, true],
    [{}, false],
    [{ schema_version: 20180708, format: "json" }, false],
  ] as const) {
    test(`${expected ? "with" : "not with"} ${JSON.stringify(settings)}`, () =>
      assert.equal(isRoute(settings), expected));
  }
});

describe("a version", () => {
  for (const [before, step, expected] of [
    [undefined, "patch", "0.0.1"],
    ["0.0.1", "patch", "0.0.2"],
    ["0.9.9", "patch", "0.9.10"],
    ["0.1.7", "minor", "0.2.0"],
    ["0.1.7", "major", "1.0.0"],
  ] as const) {
    test(`${before} becomes ${expected} by a ${step} step`, () =>
      assert.equal(bumped(before, step), expected));
  }

  test("that is none is refused", () =>
    assert.throws(() => bumped("1.0"), /1\.0 is not in dotted-tri format/));
});
