/** The tutorial, typed line by line: what it says is what comes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { isEngineThere } from "../bench/engine.ts";
import { freePorts, projectRoot, tempDir } from "./support/programs.ts";

interface Step {
  readonly command: string;
  /** Lines of the answer; `…` stands for any text, and alone on a line for any lines. */
  readonly answer: string;
}

/** A command and its answer for each line that begins with `$`. */
function stepsOf(markdown: string): Step[] {
  const blocks = [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  return blocks.flatMap((block) => {
    const [, ...typed] = block.split(/^\$ /m);
    return typed.map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), answer: part.slice(end + 1).trimEnd() };
    });
  });
}

function patternOf(answer: string): RegExp {
  const lines = answer.split("\n").map((line) => {
    if (line === "…") return "(?:.*\\n)*?";
    return `${line.split("…").map(escaped).join(".*")}\\n`;
  });
  return new RegExp(`^${lines.join("")}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** All commands in one shell, as somebody types them. The answers, in order. */
async function type(t: TestContext, steps: readonly Step[], env: Record<string, string>): Promise<string[]> {
  const home = tempDir(t);
  const work = join(home, "work");
  mkdirSync(work);
  const mark = "@@end of the answer@@";
  const script = steps
    .map(({ command }) => `{ ${command}\n} 2>&1 </dev/null\necho; echo '${mark}'`)
    .join("\n");
  const path = `${join(projectRoot, "bin")}:${process.env.PATH}`;
  const shell = spawn("bash", ["-s"], { cwd: work, env: { ...env, HOME: home, PATH: path } });
  // Whatever fails on the way, no server outlives the test.
  shell.stdin.end(`trap 'fn stop >/dev/null 2>&1' EXIT\n${script}\n`);
  const said = await text(shell.stdout);
  return said.split(`${mark}\n`).slice(0, -1);
}

async function assertTutorial(t: TestContext, startOptions: string): Promise<void> {
  const port = String(await freePorts(1));
  const markdown = readFileSync(join(projectRoot, "docs/tutorial.md"), "utf8").replaceAll("8080", port);
  const steps = stepsOf(markdown).map((step) => ({
    ...step,
    command: step.command.replace(/^fn start -d$/, `fn start -d --port ${port} ${startOptions}`),
    answer: step.answer.replace("driver     process", "driver     …"),
  }));
  assert.ok(steps.length > 15);
  const answers = await type(t, steps, { FN_API_URL: `http://127.0.0.1:${port}` });
  for (const [i, { command, answer }] of steps.entries()) {
    const said = answers[i]?.replace(/\n+$/, "\n").replace(/^\n$/, "") ?? "";
    const wanted = answer === "" ? /^$/ : patternOf(answer);
    assert.match(said.endsWith("\n") || said === "" ? said : `${said}\n`, wanted, `$ ${command}`);
  }
}

const noEngine = !(await isEngineThere()) && "no Docker engine answers";

describe("the tutorial", () => {
  test("ends in a called function, without Docker", (t) => assertTutorial(t, ""));

  test("does so with Docker", { skip: noEngine }, (t) => assertTutorial(t, "--driver docker"));
});
