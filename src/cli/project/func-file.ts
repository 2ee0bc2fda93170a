/** A function's file: found, checked with line and column, and changed in place. */
import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { CommandError } from "../common/io.ts";
import { writeWhole } from "../common/write-whole.ts";
import { expectation, FuncSchema, type FuncSettings } from "./func-schema.ts";

/** In the order in which they are looked for. */
export const FUNC_FILE_NAMES = ["func.yaml", "func.yml", "func.json"] as const;

export class FuncFile {
  /** Absolute. */
  readonly path: string;
  readonly settings: FuncSettings;
  readonly #text: string;

  /** Errors: `CommandError` that starts with `file:line:column`. */
  constructor(path: string, text: string) {
    this.path = path;
    this.#text = text;
    this.settings = parseChecked<FuncSettings>(path, text, FuncSchema);
  }

  /** The folder that is the function. */
  get folder(): string {
    return dirname(this.path);
  }

  /** The text with another version; everything else stays as it is, comments and unknown keys too. */
  withVersion(version: string): string {
    const { contents } = parseDocument(this.#text, { logLevel: "error" });
    // An empty file is a map without keys.
    if (!isMap<Node>(contents)) return `version: ${version}\n${this.#text}`;
    const isJson = contents.flow === true;
    const scalar = contents.get("version", true);
    if (isScalar(scalar) && scalar.range) {
      const [start, end] = scalar.range;
      return splice(this.#text, start, end, isJson ? `"${version}"` : version);
    }
    const start = contents.range?.[0] ?? 0;
    if (!isJson) return splice(this.#text, start, start, `version: ${version}\n`);
    const [, blank = ""] = /^\{(\s*)/.exec(this.#text.slice(start)) ?? [];
    const comma = contents.items.length > 0 ? "," : "";
    return splice(this.#text, start + 1, start + 1, `${blank}"version": "${version}"${comma}`);
  }

  /** Writes another version to the file. One that breaks off leaves the file as it was. */
  async saveVersion(version: string): Promise<void> {
    // A link goes on leading to the file.
    const path = await realpath(this.path);
    await writeWhole(path, this.withVersion(version), (await stat(path)).mode);
  }
}

/** The function file of a folder; undefined when there is none. Errors: `CommandError` for one that cannot be used. */
export async function findFuncFile(folder: string): Promise<FuncFile | undefined> {
  for (const name of FUNC_FILE_NAMES) {
    const path = join(folder, name);
    const text = await readIfThere(path);
    if (text !== undefined) return new FuncFile(path, text);
  }
  return undefined;
}

/** As `findFuncFile`, for a command that needs one. */
export async function readFuncFile(folder: string): Promise<FuncFile> {
  const file = await findFuncFile(folder);
  if (file) return file;
  throw new CommandError(
    `could not find function file: ${folder} has no ${FUNC_FILE_NAMES.join(", ")}; make one with 'fn init'`,
  );
}

/** Undefined when there is no such file. Errors: `CommandError` for one that cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CommandError(`${path} cannot be read (${code ?? error})`);
  }
}

/** A schema, or one for each kind of value that there can be. */
type SchemaChoice = TSchema | ((value: unknown) => TSchema);

/** YAML, or the JSON that is a part of it, that is what a schema says. Errors: `CommandError` with line and column. */
export function parseChecked<T>(path: string, text: string, schemaOf: SchemaChoice): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const refuse = (offset: number, sentence: string): never => {
    const { line, col } = lines.linePos(offset);
    throw new CommandError(`${basename(path)}:${line || 1}:${col || 1}: ${sentence}`);
  };
  const [wrong] = document.errors;
  if (wrong) refuse(wrong.pos[0], wrong.message);
  const value: unknown = withoutNulls(document.toJS() ?? {});
  const schema = typeof schemaOf === "function" ? schemaOf(value) : schemaOf;
  const [error] = Value.Errors(schema, value);
  if (error) {
    const keys = error.instancePath.split("/").slice(1);
    const node: unknown = keys.length === 0 ? document.contents : document.getIn(keys.map(indexOrKey), true);
    refuse((isNode(node) && node.range?.[0]) || 0, problem(schema, keys, error));
  }
  // Value.Errors has found nothing, so it is what the schema says.
  return value as T;
}

function problem(
  schema: TSchema,
  keys: readonly string[],
  { keyword, params }: ReturnType<typeof Value.Errors>[number],
): string {
  const name = keys.map((key, i) => (/^\d+$/.test(key) ? `[${key}]` : i === 0 ? key : `.${key}`)).join("");
  const what = name === "" ? "the file" : `'${name}'`;
  if (keyword === "required" && "requiredProperties" in params) {
    return `${what} needs '${String(params.requiredProperties)}'`;
  }
  return `${what} must be ${expectation(schemaAt(schema, keys))}`;
}

/** The part of a schema that speaks of a value at these keys. */
function schemaAt(schema: TSchema, keys: readonly string[]): TSchema {
  let at = schema as Record<string, unknown>;
  for (const key of keys) {
    const { properties = {}, patternProperties = {}, items } = at as Record<string, Record<string, unknown>>;
    at = (properties[key] ?? items ?? Object.values(patternProperties)[0] ?? {}) as Record<string, unknown>;
  }
  return at as TSchema;
}

/** A key without a value is as good as absent. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}

function indexOrKey(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key;
}

function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}
