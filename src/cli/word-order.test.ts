import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { commandWord, nounFirst } from "./word-order.ts";

const OPTIONS = new Set(["--context"]);

describe("both word orders are one command", () => {
  const same: readonly (readonly [typed: string, command: string])[] = [
    ["create app x", "apps create x"],
    ["apps create x", "apps create x"],
    ["app create x", "apps create x"],
    ["list apps", "apps list"],
    ["ls functions x", "fns list x"],
    ["apps ls", "apps list"],
    ["app rm x", "apps delete x"],
    ["create function a b image:1", "fns create a b image:1"],
    ["inspect fn a b", "fns inspect a b"],
    ["delete trigger a b c", "triggers delete a b c"],
    ["use context x", "contexts use x"],
    ["context list", "contexts list"],
    ["routes create a /p i:1", "routes create a /p i:1"],
    ["create route a /p i:1", "routes create a /p i:1"],
    ["list calls a", "calls list a"],
    ["get logs a last", "logs get a last"],
    ["config app a K V", "apps config set a K V"],
    ["list config fn a b", "fns config list a b"],
    ["delete config app a K", "apps config unset a K"],
    ["get config app a K", "apps config get a K"],
    ["create token ci", "tokens create ci"],
    ["cancel call a id", "calls cancel a id"],
    ["apps config set a K V", "apps config set a K V"],
  ];
  for (const [typed, command] of same) {
    test(`fn ${typed} is fn ${command}`, () => {
      assert.equal(nounFirst(typed.split(" "), OPTIONS).join(" "), command);
    });
  }
});

describe("what stays as it is", () => {
  for (const line of [
    "call a /p",
    "deploy --app a",
    "create",
    "create nothing x",
    "config",
    "",
    "invoke a b",
  ]) {
    test(`fn ${line}`, () => {
      const argv = line.split(" ").filter(Boolean);
      assert.deepEqual(nounFirst(argv, OPTIONS), argv);
    });
  }

  test("options in front of the command, with their values", () => {
    const argv = ["-v", "--context", "apps", "create", "app", "x"];
    assert.deepEqual(nounFirst(argv, OPTIONS), ["-v", "--context", "apps", "apps", "create", "x"]);
  });

  test("what follows the words, be it a noun or a verb", () => {
    const argv = ["create", "app", "app", "--config", "list=apps"];
    assert.deepEqual(nounFirst(argv, OPTIONS), ["apps", "create", "app", "--config", "list=apps"]);
  });
});

describe("the word that says which command it is", () => {
  for (const [line, word] of [
    ["apps list", "apps"],
    ["-v --context apps list", "list"],
    ["--context=x apps", "apps"],
    ["--help", undefined],
    ["--context", undefined],
  ] as const) {
    test(`is ${word} of fn ${line}`, () => assert.equal(commandWord(line.split(" "), OPTIONS), word));
  }
});
