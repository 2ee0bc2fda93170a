import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FnError } from "../../model/errors.ts";
import { readImage } from "./folder-image.ts";
import { makeTempFunctions, type TempFunctions } from "./temp-functions.suite.ts";

let functions: TempFunctions;
before(async () => {
  functions = await makeTempFunctions();
  await functions.addFile("hello", "entrypoint: ./func\nmemory: 64");
});
after(() => functions.remove());

const read = (image: string) => readImage(functions.functionsRoot, image);
const refuses = (image: string, code: "image_invalid" | "image_not_found", reason = /./) =>
  assert.rejects(read(image), (e) => e instanceof FnError && e.code === code && reason.test(e.message));

describe("dir:PATH is found when", () => {
  const path = () => join(functions.functionsRoot, "hello");

  test("PATH is relative to the functions folder", async () => {
    assert.equal((await read("dir:hello")).path, path());
  });

  test("PATH is absolute and in the functions folder", async () => {
    assert.equal((await read(`dir:${path()}`)).path, path());
  });

  test("PATH goes up and comes back", async () => {
    assert.equal((await read("dir:hello/../../functions/hello")).path, path());
  });

  test("the functions folder itself is named through a symlink", async () => {
    const link = join(functions.functionsRoot, "..", "link");
    await symlink(functions.functionsRoot, link);
    assert.equal((await readImage(link, `dir:${link}/hello`)).path, path());
  });

  test("a symlink in it leads to another folder in it", async () => {
    await symlink("hello", join(functions.functionsRoot, "alias"));
    assert.equal((await read("dir:alias")).path, path());
  });

  test("the file is func.yaml, before func.yml, before func.json", async () => {
    await functions.addFile("three", '{ "entrypoint": "json" }', "func.json");
    assert.deepEqual((await read("dir:three")).command, ["json"]);
    await functions.addFile("three", "entrypoint: yml", "func.yml");
    assert.deepEqual((await read("dir:three")).command, ["yml"]);
    await functions.addFile("three", "entrypoint: yaml", "func.yaml");
    assert.deepEqual((await read("dir:three")).command, ["yaml"]);
  });
});

describe("the program fn-kit of an entrypoint", () => {
  before(() => functions.addFile("module", "entrypoint: fn-kit func.ts"));
  const readModule = (kitPath?: string) => readImage(functions.functionsRoot, "dir:module", kitPath);

  test("is the kit of the platform, whose folder is needed, too", async () => {
    const { command, neededPaths } = await readModule("/opt/kit/main.ts");
    assert.deepEqual(command, ["node", "/opt/kit/main.ts", "func.ts"]);
    assert.deepEqual(neededPaths, ["/opt/kit"]);
  });

  test("is a program like any other where there is no kit", async () => {
    const { command, neededPaths } = await readModule();
    assert.deepEqual([command, neededPaths], [["fn-kit", "func.ts"], []]);
  });
});

describe("an image is refused when", () => {
  test("it is no dir:PATH", () => refuses("fnproject/hello:0.0.1", "image_invalid"));

  test("it names no folder", () => refuses("dir:", "image_invalid"));

  test("PATH holds a zero byte", () => refuses("dir:hello\0", "image_invalid"));

  test("there is no such folder", () => refuses("dir:missing", "image_not_found"));

  test("there is no functions folder", async () => {
    const root = join(functions.functionsRoot, "missing");
    const refused = (error: unknown) => error instanceof FnError && error.code === "image_not_found";
    await assert.rejects(readImage(root, "dir:hello"), refused);
  });

  test("PATH is a file", () => refuses("dir:hello/func.yaml", "image_not_found"));

  test("the folder has no function file", async () => {
    await mkdir(join(functions.functionsRoot, "empty"));
    await refuses("dir:empty", "image_not_found", /func\.yaml/);
  });

  test("PATH leads out with ..", () => refuses("dir:..", "image_invalid", /outside/));

  test("PATH is absolute and elsewhere", () => refuses("dir:/", "image_invalid", /outside/));

  test("PATH only begins like the functions folder", async () => {
    await mkdir(`${functions.functionsRoot}-2`);
    await refuses("dir:../functions-2", "image_invalid", /outside/);
  });

  test("a symlink leads out", async () => {
    await symlink("/", join(functions.functionsRoot, "out"));
    await refuses("dir:out", "image_invalid", /outside/);
  });

  test("symlinks lead in a circle", async () => {
    await symlink("circle", join(functions.functionsRoot, "circle"));
    await refuses("dir:circle", "image_invalid", /ELOOP/);
  });

  test("the function file is wrong, with the place", async () => {
    await functions.addFile("wrong", "entrypoint: ./func\nmemory: 128m");
    await refuses("dir:wrong", "image_invalid", /func\.yaml:2:9: /);
  });

  test("the function file is too large", async () => {
    await functions.addFile("large", `entrypoint: ./func\n${"#".repeat(64 * 1024)}`);
    await refuses("dir:large", "image_invalid", /larger/);
  });

  test("the function file is not UTF-8", async () => {
    await functions.addFile("latin", "entrypoint: ./func");
    await writeFile(join(functions.functionsRoot, "latin", "func.yaml"), Buffer.from([0x61, 0xff]));
    await refuses("dir:latin", "image_invalid", /UTF-8/);
  });

  test("the function file is a folder", async () => {
    await mkdir(join(functions.functionsRoot, "nested", "func.yaml"), { recursive: true });
    await refuses("dir:nested", "image_invalid", /plain file/);
  });

  test("the function file is a named pipe, which nobody is made to wait for", async () => {
    await mkdir(join(functions.functionsRoot, "pipe"));
    execFileSync("mkfifo", [join(functions.functionsRoot, "pipe", "func.yaml")]);
    await refuses("dir:pipe", "image_invalid", /plain file/);
  });
});
