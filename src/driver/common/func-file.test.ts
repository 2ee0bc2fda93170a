import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FuncFileError, parseFuncFile } from "./func-file.ts";

const parse = (text: string) => parseFuncFile("func.yaml", text);
const NO_INFO = { format: undefined, memoryMib: undefined, timeoutS: undefined, idleTimeoutS: undefined };

describe("a function file", () => {
  test("an entrypoint of one text is split at spaces", () => {
    assert.deepEqual(parse("entrypoint:  node  func.js -v ").command, ["node", "func.js", "-v"]);
  });

  test("an entrypoint may be a list, whose texts are taken as they are", () => {
    assert.deepEqual(parse("entrypoint: [sh, -c, 'echo a  b']").command, ["sh", "-c", "echo a  b"]);
  });

  test("cmd comes after the entrypoint", () => {
    assert.deepEqual(parse("cmd: serve --hot\nentrypoint: [./func]").command, ["./func", "serve", "--hot"]);
  });

  test("cmd alone is the command", () => {
    assert.deepEqual(parse("cmd: ./func").command, ["./func"]);
  });

  test("settings that are absent, or have no value, stay open", () => {
    assert.deepEqual(parse("entrypoint: ./func\nmemory:\ntimeout: ~").info, NO_INFO);
  });

  test("format, memory, timeout and idle_timeout become the image's", () => {
    const text = "entrypoint: ./func\nformat: http-stream\nmemory: 256\ntimeout: 60\nidle_timeout: 5";
    const info = { format: "http-stream", memoryMib: 256, timeoutS: 60, idleTimeoutS: 5 };
    assert.deepEqual(parse(text).info, info);
  });

  test("JSON is understood, tabs included", () => {
    assert.deepEqual(parse('{\n\t"entrypoint": "./func",\n\t"memory": 64\n}').info, {
      ...NO_INFO,
      memoryMib: 64,
    });
  });

  test("keys of other readers are left alone, whatever they hold", () => {
    const text = "name: hello\nversion: 0.0.1\ntests: &t [{ input: 1 }]\nmore: *t\nentrypoint: ./func";
    assert.deepEqual(parse(text).command, ["./func"]);
  });

  test("aliases that would expand to gigabytes cost nothing", () => {
    const levels = Array.from(
      { length: 30 },
      (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}, *l${i}, *l${i}]`,
    );
    const text = ["l0: &l0 [x, x, x, x]", ...levels, "entrypoint: ./func"].join("\n");
    assert.deepEqual(parse(text).command, ["./func"]);
  });
});

describe("a function file is refused, with file, line and column, when", () => {
  const cases: readonly (readonly [rule: string, text: string, place: string])[] = [
    ["it is empty", "", "1:1"],
    ["it is not a map", "- entrypoint", "1:1"],
    ["it is not YAML", "entrypoint: ./func\nmemory: [1", "2:11"],
    ["it is nested too deep to read", `x: ${"[".repeat(30_000)}`, "1:"],
    ["it holds two documents", "entrypoint: ./func\n---\nentrypoint: ./other", "2:1"],
    ["a key comes twice", "entrypoint: ./func\nentrypoint: ./other", "2:1"],
    ["neither entrypoint nor cmd is there", "name: hello", "1:1"],
    ["the entrypoint is blank", "entrypoint: '  '", "1:1"],
    ["the program is an empty text", "entrypoint: ['', a]", "1:1"],
    ["the entrypoint is a number", "name: x\nentrypoint: 7", "2:13"],
    ["the entrypoint is a map", "entrypoint: { run: ./func }", "1:13"],
    ["the entrypoint's list holds a number", "entrypoint: [sleep, 1]", "1:21"],
    ["a value it needs is an alias", "x: &x ./func\nentrypoint: *x", "2:13"],
    ["the format is not known", "entrypoint: ./func\nformat: xml", "2:9"],
    ["memory has a unit", "entrypoint: ./func\nmemory: 128m", "2:9"],
    ["memory is not whole", "entrypoint: ./func\nmemory: 1.5", "2:9"],
    ["memory is zero", "entrypoint: ./func\nmemory: 0", "2:9"],
    ["memory is more than a route may have", "entrypoint: ./func\nmemory: 8193", "2:9"],
    ["timeout is more than an hour", "entrypoint: ./func\ntimeout: 3601", "2:10"],
    ["idle_timeout is a list", "entrypoint: ./func\nidle_timeout: [5]", "2:15"],
  ];
  for (const [rule, text, place] of cases) {
    test(rule, () => {
      const refused = (error: unknown) =>
        error instanceof FuncFileError && error.message.startsWith(`func.yaml:${place}`);
      assert.throws(() => parse(text), refused);
    });
  }

  test("the refusal does not quote the file", () => {
    const quoted = (error: unknown) => error instanceof Error && !error.message.includes("hunter2");
    assert.throws(() => parse("password: hunter2\nmemory: [hunter2"), quoted);
    assert.throws(() => parse("entrypoint: ./func\nmemory: hunter2"), quoted);
  });
});
