/** Test cases of a function: read, run, and compared with what came back. */

import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { diff, isDeepStrictEqual } from "node:util";
import Type from "typebox";
import { send } from "../api/send.ts";
import { CommandError } from "../common/io.ts";
import { toSortedJson } from "../common/output.ts";
import { callIdIn, mergedHeaders } from "../manage/calling.ts";
import { parseChecked, readIfThere } from "./func-file.ts";
import { type TestCase, TestCases } from "./func-schema.ts";
import type { Project } from "./project.ts";

/** In the order in which they are looked for, before the `tests` of the function file. */
const TEST_FILE_NAMES = ["func.test.yaml", "func.test.yml", "func.test.json", "test.json"];

/** The cases of a function. Errors: `CommandError` when there are none, or some are not proper. */
export async function readCases({ file, settings }: Project): Promise<readonly TestCase[]> {
  for (const name of TEST_FILE_NAMES) {
    const path = join(file.folder, name);
    const content = await readIfThere(path);
    if (content === undefined) continue;
    const cases = parseChecked<TestFile>(path, content, (value) =>
      Array.isArray(value) ? TestCases : TEST_MAP,
    );
    return "tests" in cases ? cases.tests : cases;
  }
  if (settings.tests) return settings.tests;
  throw new CommandError(
    `no tests found for this function: write some to func.test.yaml in ${basename(file.folder)}`,
  );
}

type TestFile = readonly TestCase[] | { readonly tests: readonly TestCase[] };
const TEST_MAP = Type.Object({ tests: TestCases });

/** Where cases are sent. */
export interface CaseTarget {
  readonly server: URL;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Outcome {
  /** Lines that say what is wrong; empty when all is as expected. */
  readonly problems: readonly string[];
  readonly callId: string | undefined;
}

export async function runCase({ input = {}, output = {} }: TestCase, target: CaseTarget): Promise<Outcome> {
  const isText = typeof input.body === "string";
  const body = isText ? String(input.body) : input.body === undefined ? "" : JSON.stringify(input.body);
  const headers = { "Content-Type": isText ? "text/plain" : "application/json", ...target.headers };
  const given = Object.entries(input.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const url = new URL(target.url);
  url.search = input.query ?? "";
  const answer = await send(target.server, {
    url,
    method: input.method ?? "POST",
    headers: mergedHeaders(headers, given),
    body,
  });
  const problems = [
    ...statusProblems(output.status, answer.status),
    ...bodyProblems(output.body, await text(answer.body)),
  ];
  return { problems, callId: callIdIn(answer) };
}

function statusProblems(expected: number | undefined, status: number): string[] {
  if (expected === undefined ? status < 400 : status === expected) return [];
  return [`status: expected ${expected ?? "below 400"}, got ${status}`];
}

/** A text is compared with the bytes, or with the text that they are in JSON; anything else as JSON. */
export function bodyProblems(expected: unknown, got: string): string[] {
  if (expected === undefined || expected === got) return [];
  const value = parsed(got);
  if (isDeepStrictEqual(value, expected)) return [];
  return [
    "body: - expected, + got",
    ...diff(shown(value ?? got), shown(expected)).map(([change, line]) => `${MARKS[change + 1]} ${line}`),
  ];
}

/** Of a line that is expected only, of one that is in both, of one that is there only. */
const MARKS = ["  -", "   ", "  +"];

function shown(value: unknown): string[] {
  return (typeof value === "string" ? value : toSortedJson(value)).split("\n");
}

/** Undefined for what is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
