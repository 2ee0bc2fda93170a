import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type FunctionProcess, KIT, startFunction } from "../function-process.suite.ts";

describe("the function hello, in a process of its own", () => {
  let hello: FunctionProcess;
  before(async () => {
    hello = await startFunction(import.meta.dirname, "node-1", [KIT, "func.ts"]);
  });
  after(() => hello.stop());

  test("answers with a line of plain text", async () => {
    assert.deepEqual(await hello.call("http://localhost/r/demo/hello", ""), {
      status: 200,
      contentType: "text/plain; charset=utf-8",
      body: "Hello, World!\n",
    });
  });

  test("reads text from a body that claims to be a form", async () => {
    const url = "http://localhost/r/demo/hello";
    const answer = await hello.call(url, "Ada", "application/x-www-form-urlencoded");
    assert.equal(answer.body, "Hello, Ada!\n");
  });

  test("reads the name from JSON", async () => {
    const answer = await hello.call("http://localhost/r/demo/hello", '{"name":"Ada"}', "application/json");
    assert.equal(answer.body, "Hello, Ada!\n");
  });
});
