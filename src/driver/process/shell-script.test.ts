import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { ContainerParts } from "./container.ts";
import { shellScript } from "./shell-script.ts";

/** Writes its arguments, its folder's files and its environment, each thing ended by a zero byte. */
const TELL = `#!${process.execPath}
const { argv, env } = process;
const words = [...argv.slice(2), ...Object.entries(env).map((variable) => variable.join("="))];
process.stdout.write([process.cwd(), ...words].join("\\0"));
`;

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "fn-it's "));
  writeFileSync(join(folder, "tell"), TELL, { mode: 0o755 });
  writeFileSync(join(folder, "a=b"), TELL, { mode: 0o755 });
  writeFileSync(join(folder, "text"), "");
  mkdirSync(join(folder, "folder"));
});
after(() => rmSync(folder, { recursive: true }));

function scriptOf(more: Partial<ContainerParts> = {}): string | undefined {
  const parts = { id: "c1", command: ["./tell"], env: {}, folder, socketPath: "/somewhere" } as const;
  return shellScript({ ...parts, ...more });
}

/** What a program tells that a shell became by this script. */
function told(more: Partial<ContainerParts>): string[] {
  const env = { PATH: "/usr/bin:/bin" };
  return execFileSync("/bin/sh", { input: scriptOf(more), env, encoding: "utf8" }).split("\0");
}

describe("the script by which a shell becomes a function", () => {
  test("leads to the function's folder, and leaves nothing of the shell's environment", () => {
    assert.deepEqual(told({}), [folder]);
  });

  test("hands over arguments and variables as they are, whatever characters they have", () => {
    const odd = ["it's", '$HOME `ls` \\ "', "a\nb\n", "*", "-x", "é漢", ""];
    const env = Object.fromEntries(odd.map((value, i) => [`V${i}`, value]));
    const variables = Object.entries(env).map((variable) => variable.join("="));
    assert.deepEqual(told({ command: ["./tell", ...odd], env }), [folder, ...odd, ...variables]);
  });

  for (const name of ["with.dot", "PWD", "OPTIND", "PPID", "-i"]) {
    test(`hands over a variable named ${name}, which means something to a shell or is none there`, () => {
      assert.deepEqual(told({ env: { [name]: "own" } }), [folder, `${name}=own`]);
    });
  }

  test("hands over any text", () => {
    const text = fc.string({ unit: "binary", maxLength: 20 }).filter((value) => !value.includes("\0"));
    const isWhole = (value: string) => value.isWellFormed();
    fc.assert(
      fc.property(fc.array(text.filter(isWhole), { maxLength: 4 }), (words) => {
        assert.deepEqual(told({ command: ["./tell", ...words] }), [folder, ...words]);
      }),
      { numRuns: 10 },
    );
  });

  test("leaves out a variable without a value", () => {
    assert.deepEqual(told({ env: { A: undefined, B: "b" } }), [folder, "B=b"]);
  });

  test("finds the program in the function's own PATH", () => {
    assert.deepEqual(told({ command: ["tell"], env: { PATH: `/nowhere:${folder}` } }), [
      folder,
      `PATH=/nowhere:${folder}`,
    ]);
  });
});

describe("there is no script", () => {
  const reasons: Readonly<Record<string, Partial<ContainerParts>>> = {
    "for a container that talks through its standard streams": { socketPath: undefined },
    "for a program that is not there": { command: ["./missing"] },
    "for a program that is not in PATH": { command: ["missing"], env: { PATH: "/usr/bin" } },
    "for a program that may not be executed": { command: ["./text"] },
    "for a folder": { command: ["./folder"] },
    "for a program whose name looks like a variable": { command: ["./a=b"] },
    "with a zero byte": { env: { A: "b\0c" } },
  };
  for (const [reason, parts] of Object.entries(reasons)) {
    test(reason, () => assert.equal(scriptOf(parts), undefined));
  }
});
