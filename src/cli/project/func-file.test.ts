import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CommandError } from "../common/io.ts";
import { FuncFile, findFuncFile, readFuncFile } from "./func-file.ts";
import { FuncSchema } from "./func-schema.ts";

const parse = (text: string, name = "func.yaml") => new FuncFile(`/f/${name}`, text);

describe("a function file", () => {
  test("of 2018 is read whole", () => {
    const text = `name: sally/hello\nversion: 0.0.3\nruntime: go\nentrypoint: ./func\nformat: http\ntype: async
path: /hello\nmemory: 256\ntimeout: 60\nidle_timeout: 10\nconfig: { A: "1" }\nheaders: { X: [a, b] }
expects: { config: [{ name: KEY, required: true }] }\ntests: [{ input: { body: 1 }, output: { body: 2 } }]\n`;
    const { settings } = parse(text);
    assert.equal(settings.path, "/hello");
    assert.deepEqual(settings.headers, { X: ["a", "b"] });
    assert.deepEqual(settings.expects?.config, [{ name: "KEY", required: true }]);
  });

  test("of today is read whole", () => {
    const text = `schema_version: 20180708\nname: hello\ncontent_type: text/plain\nannotations: { a: { b: 1 } }
triggers: [{ name: t, type: http, source: /t }]\nretries: 3\nretry_delay: 5\n`;
    const { settings } = parse(text);
    assert.deepEqual(settings.triggers, [{ name: "t", type: "http", source: "/t" }]);
    assert.equal(settings.retries, 3);
  });

  test("in JSON is read as well", () => assert.equal(parse('{"name":"x"}', "func.json").settings.name, "x"));

  test("may be empty", () => assert.deepEqual(parse("").settings, {}));

  test("may have keys without a value, and keys of others", () => {
    assert.deepEqual(parse("name:\nmy_key: [1]\n").settings, { my_key: [1] });
  });

  for (const [text, message] of [
    ["memory: 128m\n", "func.yaml:1:9: 'memory' must be a whole number from 1 to 8192"],
    ["name: x\nversion: '1.0'\n", "func.yaml:2:10: 'version' must be three numbers such as 1.0.12"],
    ["format: xml\n", "func.yaml:1:9: 'format' must be one of default, http, json, http-stream"],
    [
      "triggers:\n  - name: a\n    source: b\n",
      "func.yaml:3:13: 'triggers[0].source' must be a path that starts with a slash",
    ],
    ["triggers:\n  - name: a\n", "func.yaml:2:5: 'triggers[0]' needs 'source'"],
    ["config:\n  A: [1]\n", "func.yaml:2:6: 'config.A' must be a text or a number or true or false"],
    ["- name\n", "func.yaml:1:1: the file must be a map"],
    ["a: 1\n b: 2\n", /^func\.yaml:1:4: /],
    ["name: x\nname: y\n", /^func\.yaml:2:1: /],
  ] as const) {
    test(`is refused with line and column: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parse(text),
        (error) => {
          assert.ok(error instanceof CommandError);
          if (typeof message === "string") assert.equal(error.message, message);
          else assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe("another version", () => {
  test("leaves everything else as it is", () => {
    const text = "# mine\nname:   x # here\nversion: 0.0.1   # and here\ncpus: 0.5\nmine: { a: [1,2] }\n";
    assert.equal(parse(text).withVersion("0.0.2"), text.replace("0.0.1", "0.0.2"));
  });

  test("comes in front when there was none, behind what is commented", () => {
    assert.equal(parse("# mine\nname: x\n").withVersion("0.0.1"), "# mine\nversion: 0.0.1\nname: x\n");
    assert.equal(parse("").withVersion("0.0.1"), "version: 0.0.1\n");
  });

  test("is written as JSON where the file is JSON", () => {
    const json = '{\n  "name": "x",\n  "version": "0.0.1"\n}\n';
    assert.equal(parse(json, "func.json").withVersion("0.1.0"), json.replace("0.0.1", "0.1.0"));
    const without = parse('{\n  "name": "x"\n}\n', "func.json").withVersion("0.1.0");
    assert.deepEqual(JSON.parse(without), { version: "0.1.0", name: "x" });
    assert.deepEqual(JSON.parse(parse("{}", "func.json").withVersion("0.1.0")), { version: "0.1.0" });
  });
});

describe("the function file of a folder", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "fn-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  test("is missed with a hint", async () => {
    assert.equal(await findFuncFile(folder), undefined);
    await assert.rejects(readFuncFile(folder), /could not find function file.*fn init/);
  });

  test("is func.yaml before func.yml before func.json", async () => {
    for (const name of ["func.json", "func.yml", "func.yaml"]) {
      writeFileSync(join(folder, name), '{ "version": "0.0.1" }');
      assert.equal((await readFuncFile(folder)).path, join(folder, name));
    }
  });

  test("is written with another version", async () => {
    await (await readFuncFile(folder)).saveVersion("0.0.2");
    assert.equal(readFileSync(join(folder, "func.yaml"), "utf8"), '{ "version": "0.0.2" }');
  });
});

test("docs/func.schema.json is what is checked; node scripts/func-schema.ts writes it", () => {
  const path = join(import.meta.dirname, "../../../docs/func.schema.json");
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), JSON.parse(JSON.stringify(FuncSchema)));
});
