import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readImage } from "../common/folder-image.ts";
import { makeTempFunctions, type TempFunctions } from "../common/temp-functions.suite.ts";
import { folderSource } from "./folder.ts";

let functions: TempFunctions;
before(async () => {
  functions = await makeTempFunctions();
});
after(() => functions.remove());

test("a folder is shown with the modules and package files above it, up to the functions folder and no further", async () => {
  const root = functions.functionsRoot;
  const image = await functions.add("team/hello", ["node", "func.js"]);
  await mkdir(join(root, "node_modules"));
  await mkdir(join(root, "..", "node_modules"));
  await writeFile(join(root, "team", "package.json"), "{}");
  await writeFile(join(root, "fn.db"), "");

  const source = await folderSource(root, await readImage(root, image), "node:1");
  assert.deepEqual(source, {
    engineImage: "node:1",
    command: ["node", "func.js"],
    workingDir: join(root, "team/hello"),
    readOnlyPaths: ["team/hello", "team/package.json", "node_modules"].map((path) => join(root, path)),
  });
});
