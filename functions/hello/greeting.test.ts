import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { greeting } from "./greeting.ts";

describe("the greeting", () => {
  test("is for the world when the body is empty", () => {
    assert.equal(greeting(""), "Hello, World!");
    assert.equal(greeting(" \n"), "Hello, World!");
  });

  test("takes a body of plain text as the name, without blanks around it", () => {
    assert.equal(greeting("Ada\n"), "Hello, Ada!");
  });

  test("takes the name of a JSON object", () => {
    assert.equal(greeting('{"name":"Ada"}'), "Hello, Ada!");
  });

  test("is for the world when the JSON object names nobody", () => {
    assert.equal(greeting("{}"), "Hello, World!");
    assert.equal(greeting('{"name":7}'), "Hello, World!");
  });

  test("takes a text that only looks like JSON as the name", () => {
    assert.equal(greeting("{Ada"), "Hello, {Ada!");
  });
});
