import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { runInProcess } from "../common/fake-api.suite.ts";
import { readFuncFile } from "./func-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fn-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const init = (...argv: string[]) => runInProcess(["init", "-w", folder, ...argv], {});
const settings = async (below = "") => (await readFuncFile(join(folder, below))).settings;

describe("fn init", () => {
  for (const [runtime, files] of [
    ["node", ["func.js", "package.json"]],
    ["typescript", ["func.ts", "package.json", "tsconfig.json"]],
    ["python", ["func.py"]],
    ["go", ["func.go", "go.mod"]],
    ["docker", ["Dockerfile", "func.sh"]],
  ] as const) {
    test(`writes an example, its test and func.yaml: ${runtime}`, async () => {
      assert.equal((await init("--runtime", runtime, "hello")).code, 0);
      assert.deepEqual(
        readdirSync(join(folder, "hello")).sort(),
        [...files, "func.test.yaml", "func.yaml"].sort(),
      );
      const { name, version, triggers } = await settings("hello");
      assert.deepEqual(
        [name, version, triggers],
        ["hello", "0.0.1", [{ name: "hello", type: "http", source: "/hello" }]],
      );
    });
  }

  test("calls the function like the current folder", async () => {
    await init("--runtime", "node");
    assert.equal((await settings()).name, basename(folder));
  });

  for (const [name, content, expected] of [
    ["func.ts", "export default () => 1;", ["typescript", "fn-kit func.ts"]],
    ["func.js", "export const fetch = () => new Response();", ["node", "fn-kit func.js"]],
    ["func.js", "fdk.handle(() => 1);", ["node", "node func.js"]],
    ["func.py", "", ["python", "python3 func.py"]],
    ["Dockerfile", "FROM x", ["docker", undefined]],
  ] as const) {
    test(`knows what is there: ${name} with ${content || "nothing"}`, async () => {
      writeFileSync(join(folder, name), content);
      assert.equal((await init()).code, 0);
      const { runtime, entrypoint } = await settings();
      assert.deepEqual([runtime, entrypoint], expected);
      assert.deepEqual(readdirSync(folder).sort(), [name, "func.yaml"].sort(), "nothing else is written");
    });
  }

  test("has each option in its key of the file", async () => {
    const words = [
      "--name",
      "x",
      "--version",
      "1.0.0",
      "-m",
      "64",
      "-t",
      "async",
      "-f",
      "json",
      "--timeout",
      "5",
    ];
    const maps = [
      "--idle-timeout",
      "6",
      "-c",
      "A=1",
      "--annotation",
      "k=1",
      "--entrypoint",
      "node a",
      "--cmd",
      "b",
    ];
    await init("--runtime", "node", ...words, ...maps);
    const { runtime: _, triggers: __, schema_version: ___, ...rest } = await settings();
    assert.deepEqual(rest, {
      ...{
        name: "x",
        version: "1.0.0",
        memory: 64,
        type: "async",
        format: "json",
        timeout: 5,
        idle_timeout: 6,
      },
      ...{ config: { A: "1" }, annotations: { k: 1 }, entrypoint: "node a", cmd: "b" },
    });
  });

  test("takes name and version from --image", async () => {
    await init("--runtime", "node", "--image", "localhost:5000/me/x:1.2.3");
    const { name, version } = await settings();
    assert.deepEqual([name, version], ["localhost:5000/me/x", "1.2.3"]);
  });

  test("makes a route where there are headers, which only routes have", async () => {
    await init("--runtime", "node", "--name", "x", "--headers", "X-A=b;c");
    const { schema_version, path, headers } = await settings();
    assert.deepEqual([schema_version, path, headers], [undefined, "/x", { "X-A": ["b", "c"] }]);
  });

  for (const [title, argv, sentence] of [
    ["a runtime that there is not", ["--runtime", "rust"], /Init does not support the 'rust' runtime/],
    ["nothing to guess from", [], /no supported files found to guess runtime/],
    ["a colon in the name", ["--runtime", "node", "--name", "a:b"], /colon/],
    [
      "a value that the file may not have",
      ["--runtime", "node", "-m", "9999"],
      /func\.yaml:\d+:\d+: 'memory' must/,
    ],
  ] as const) {
    test(`fails for ${title}, and writes no func.yaml`, async () => {
      const ran = await init(...argv);
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, sentence);
      assert.ok(!existsSync(join(folder, "func.yaml")));
    });
  }

  test("leaves a function file and a folder alone that are there, unless forced", async () => {
    writeFileSync(join(folder, "func.yaml"), "name: mine\n");
    assert.match((await init("--runtime", "node")).stderr, /Function file already exists, aborting/);
    assert.equal((await settings()).name, "mine");
    assert.equal((await init("--runtime", "node", "--force", "--name", "new")).code, 0);
    assert.equal((await settings()).name, "new");
    await init("--runtime", "node", "sub");
    assert.match((await init("--runtime", "node", "sub")).stderr, /already exists, cannot init function/);
  });
});
