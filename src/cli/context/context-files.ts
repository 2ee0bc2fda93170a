import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Document, isMap, parseDocument } from "yaml";
import { CommandError, UsageError } from "../common/io.ts";
import { writeWhole } from "../common/write-whole.ts";

/** What a context says; the keys are those of its file. All may be absent. */
export interface Context {
  readonly provider?: string;
  readonly "api-url"?: string;
  readonly registry?: string;
  readonly token?: string;
}

export const CONTEXT_KEYS = ["provider", "api-url", "registry", "token"] as const;
export type ContextKey = (typeof CONTEXT_KEYS)[number];

const CURRENT = "current-context";

/**
 * The files of Fn: `~/.fn/config.yaml`, which names the current context, and `~/.fn/contexts/NAME.yaml`. They are written
 * whole or not at all, readable by their owner alone, and keep the keys and comments of others. Errors: `CommandError` with file, line
 * and column for what is no YAML.
 */
export class ContextFiles {
  readonly #folder: string;

  /** `folder`: where `config.yaml` is. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async currentName(): Promise<string | undefined> {
    const name = textAt(await readYaml(this.#configPath), CURRENT);
    return name === "" ? undefined : name;
  }

  /** `undefined` for none. */
  async setCurrentName(name: string | undefined): Promise<void> {
    await changeYaml(this.#configPath, { [CURRENT]: name ?? "" });
  }

  /** The names, in order; without `default`, unless it has a file. */
  async names(): Promise<string[]> {
    const files = await readdir(join(this.#folder, "contexts")).catch(ifMissing<string[]>([]));
    return files
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => file.slice(0, -".yaml".length))
      .filter((name) => NAME.test(name))
      .sort();
  }

  /** Undefined when there is no such file. */
  async read(name: string): Promise<Context | undefined> {
    const document = await readYaml(this.#pathOf(name));
    if (!document) return undefined;
    return Object.fromEntries(
      CONTEXT_KEYS.flatMap((key) => {
        const value = textAt(document, key);
        return value === undefined || value === "" ? [] : [[key, value]];
      }),
    );
  }

  /** Makes the file or changes it; undefined removes a key. */
  async change(name: string, change: { readonly [K in ContextKey]?: string | undefined }): Promise<void> {
    await changeYaml(this.#pathOf(name), change);
  }

  async remove(name: string): Promise<void> {
    await rm(this.#pathOf(name), { force: true });
  }

  get #configPath(): string {
    return join(this.#folder, "config.yaml");
  }

  #pathOf(name: string): string {
    return join(this.#folder, "contexts", `${checkContextName(name)}.yaml`);
  }
}

/** A name is that of a file, so it leads nowhere else. Errors: `UsageError`. */
function checkContextName(name: string): string {
  if (NAME.test(name)) return name;
  throw new UsageError(`'${name}' is no name of a context: use letters, digits, _, - and dots`);
}

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/;

async function readYaml(path: string): Promise<Document | undefined> {
  const text = await readFile(path, "utf8").catch(ifMissing(undefined));
  if (text === undefined) return undefined;
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem) {
    const [{ line, col } = { line: 1, col: 1 }] = problem.linePos ?? [];
    const [reason = ""] = problem.message.split(/ at line \d+|\n/);
    throw new CommandError(`${path}:${line}:${col} is not YAML: ${reason}`);
  }
  if (document.contents !== null && !isMap(document.contents)) {
    throw new CommandError(`${path}:1:1 should have lines such as 'api-url: http://localhost:8080'`);
  }
  return document;
}

function textAt(document: Document | undefined, key: string): string | undefined {
  const value: unknown = document?.get(key);
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

async function changeYaml(path: string, change: Readonly<Record<string, string | undefined>>): Promise<void> {
  const document = (await readYaml(path)) ?? parseDocument("{}\n");
  if (isMap(document.contents)) document.contents.flow = false;
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) document.delete(key);
    else document.set(key, value);
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeWhole(path, document.toString(), 0o600);
}

function ifMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return instead;
    throw error;
  };
}
