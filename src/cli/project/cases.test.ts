import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { useFakeApi } from "../common/fake-api.suite.ts";
import { bodyProblems, readCases, runCase } from "./cases.ts";
import { readProject } from "./project.ts";

describe("the cases of a function", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fn-"));
    writeFileSync(join(folder, "func.yaml"), "tests: [{ name: in the file }]\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const names = async () => (await readCases(await readProject(folder, undefined))).map(({ name }) => name);

  test("are in the function file", async () => assert.deepEqual(await names(), ["in the file"]));

  test("are in test.json as in 2018, or a list in func.test.yaml, which is looked for first", async () => {
    writeFileSync(join(folder, "test.json"), '{"tests":[{"name":"json"}]}');
    assert.deepEqual(await names(), ["json"]);
    writeFileSync(join(folder, "func.test.yaml"), "- name: yaml\n");
    assert.deepEqual(await names(), ["yaml"]);
  });

  test("are refused with line and column", async () => {
    writeFileSync(join(folder, "func.test.yaml"), "- name: x\n  output:\n    status: ok\n");
    await assert.rejects(names(), /^CommandError: func\.test\.yaml:3:13: '\[0\]\.output\.status' must be/);
  });

  test("are missed when there are none", async () => {
    writeFileSync(join(folder, "func.yaml"), "");
    await assert.rejects(names(), /no tests found for this function/);
  });
});

describe("a case", () => {
  const api = useFakeApi();
  const run = (each: Parameters<typeof runCase>[0]) => {
    const server = new URL(`${api.url}/`);
    return runCase(each, { server, url: new URL("r/a/x", server), headers: {} });
  };

  test("sends a text as it is, and anything else as JSON", async () => {
    api.reply("POST /r/a/x", {});
    await run({ input: { body: "Ada" } });
    await run({ input: { body: { a: 1 }, headers: { "X-A": 1 } } });
    assert.deepEqual(
      api.requests.map(({ body, headers }) => [body, headers["content-type"], headers["x-a"]]),
      [
        ["Ada", "text/plain", undefined],
        ['{"a":1}', "application/json", "1"],
      ],
    );
  });

  test("sends method and query", async () => {
    api.reply("PUT /r/a/x?q=1", { body: "ok" });
    assert.deepEqual(
      (await run({ input: { method: "PUT", query: "q=1" }, output: { body: "ok" } })).problems,
      [],
    );
  });

  test("fails for a status that is not expected", async () => {
    api.reply("POST /r/a/x", { status: 503 });
    assert.deepEqual((await run({})).problems, ["status: expected below 400, got 503"]);
    assert.deepEqual((await run({ output: { status: 503 } })).problems, []);
  });
});

describe("a body is as expected when", () => {
  for (const [expected, got] of [
    [undefined, "anything"],
    ["Hello\n", "Hello\n"],
    ["Hello", '"Hello"'],
    [{ a: 1, b: [2] }, '{ "b": [2], "a": 1 }'],
    [7, "7"],
  ] as const) {
    test(`${JSON.stringify(expected)} is expected and ${got} comes`, () =>
      assert.deepEqual(bodyProblems(expected, got), []));
  }

  for (const [expected, got] of [
    ["Hello", "Hello\n"],
    [{ a: 1 }, '{"a":1,"b":2}'],
    [{ a: 1 }, "no JSON"],
    [7, ""],
  ] as const) {
    test(`but not when ${JSON.stringify(expected)} is expected and ${JSON.stringify(got)} comes`, () => {
      assert.ok(bodyProblems(expected, got).length > 1);
    });
  }
});
