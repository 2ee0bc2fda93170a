import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { Command } from "commander";
import { completionScript, SHELLS } from "./scripts.ts";
import { type WordTree, wordTree } from "./words.ts";

/** A program with a noun, a verb, and one of the commands that are neither. */
function program(): Command {
  const fn = new Command("fn");
  const apps = fn.command("apps").description("groups");
  apps.command("create").description("make 'one': an app").option("--config <K=V>", "a value");
  apps.command("config").command("set").option("--really", "sure");
  fn.command("deploy").option("-w, --watch", "again and again");
  for (const verb of ["create", "config"]) fn.command(verb).command("app");
  return fn;
}

const tree: WordTree = wordTree(program());
const wordsAfter = (path: string) => tree.get(path)?.map(({ text }) => text);

describe("the words that may follow", () => {
  test("the program are its commands", () => {
    assert.deepEqual(wordsAfter(""), ["apps", "deploy", "create", "config", "--help"]);
  });

  test("a noun are its verbs", () => assert.deepEqual(wordsAfter("apps"), ["create", "config", "--help"]));

  test("a command are its options", () => assert.deepEqual(wordsAfter("deploy"), ["--watch", "--help"]));

  test("a verb and a noun, by any of its names, are the options of both in the other order", () => {
    for (const path of ["apps create", "create app", "create apps", "create a"]) {
      assert.deepEqual(wordsAfter(path), ["--config", "--help"], path);
    }
  });

  test("a word that is no verb, and a noun, are unknown", () => {
    assert.equal(tree.get("deploy apps"), undefined);
  });

  test("config and a noun are the options of setting a value", () => {
    assert.deepEqual(wordsAfter("config app"), ["--really", "--help"]);
  });
});

describe("the script for bash", () => {
  /** What bash offers for a line whose last word is being typed. */
  async function offered(...words: string[]): Promise<string[]> {
    const line = words.map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _fn; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const script = `${completionScript("bash", tree)}\n${ask}`;
    const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", script]);
    return stdout.split("\n").filter(Boolean);
  }

  for (const [line, words] of [
    [["fn", "de"], ["deploy"]],
    [["fn", "apps", "cr"], ["create"]],
    [["fn", "apps", "create", "x", "--c"], ["--config"]],
    [["fn", "create", "app", "x", "--c"], ["--config"]],
    [
      ["fn", "deploy", "--"],
      ["--watch", "--help"],
    ],
    [["fn", "deploy", ""], []],
    [["fn", "create", ""], ["app"]],
    [["fn", "deploy", "nothing-like-it"], []],
  ] as const) {
    test(`offers '${words.join(" ")}' for '${line.join(" ")}'`, async () => {
      assert.deepEqual(await offered(...line), words);
    });
  }
});

describe("every script", () => {
  for (const shell of SHELLS) {
    test(`has all words, and no summary that ends a quotation: ${shell}`, () => {
      const script = completionScript(shell, tree);
      for (const text of ["deploy", "create app", "watch"]) assert.ok(script.includes(text), text);
      assert.ok(!script.includes("make 'one'"));
    });
  }
});
