import type { Runtime } from "../func-schema.ts";

/** What a new function of a runtime is. */
export interface Template {
  /** Texts by file name; a file that is there already is left alone. */
  readonly files: Readonly<Record<string, string>>;
  /** Keys of `func.yaml` beside name, version and triggers. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Files by which a folder that has something in it already is known, first match first. */
export const SOURCE_FILES: readonly (readonly [fileName: string, runtime: Runtime])[] = [
  ["Dockerfile", "docker"],
  ["func.ts", "typescript"],
  ["func.js", "node"],
  ["func.mjs", "node"],
  ["func.py", "python"],
  ["func.go", "go"],
];

/** What every template answers: a greeting for the name in a JSON object. */
export const TEST_FILE = `- name: greets the world
  input:
    body: {}
  output:
    body: { message: Hello World }
- name: greets by name
  input:
    body: { name: Ada }
  output:
    body: { message: Hello Ada }
`;
