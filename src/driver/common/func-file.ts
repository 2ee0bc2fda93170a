import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { FN_LIMITS, FORMATS, type FormatName } from "../../model/fn.ts";
import type { ImageInfo } from "../driver.ts";

/** What a function file (`func.yaml`, `func.yml`, `func.json`) says about running its function. */
export interface FuncFile {
  /** `entrypoint`, then `cmd`. */
  readonly command: Command;
  readonly info: ImageInfo;
}

export type Command = readonly [program: string, ...args: string[]];

/** A function file that cannot be used. The message starts with `file:line:column`. */
export class FuncFileError extends Error {
  override readonly name = "FuncFileError";
}

/** Names of the file, in the order in which they are looked for. */
export const FUNC_FILE_NAMES = ["func.yaml", "func.yml", "func.json"] as const;

/**
 * Reads a function file. Keys it does not know are for other readers (the command line) and are left alone, whatever
 * they hold; the ones it knows are read strictly. JSON is read as the YAML that it is.
 * Throws `FuncFileError`.
 */
export function parseFuncFile(fileName: string, text: string): FuncFile {
  const settings = new Settings(fileName, text);
  const [program, ...args] = [...settings.words("entrypoint"), ...settings.words("cmd")];
  if (program === undefined || program === "") {
    throw settings.error(undefined, "no program is named; add a line such as 'entrypoint: node func.js'");
  }
  return {
    command: [program, ...args],
    info: {
      format: settings.format("format"),
      memoryMib: settings.integer("memory", "MiB", FN_LIMITS.memoryMib),
      timeoutS: settings.integer("timeout", "seconds", FN_LIMITS.timeoutAsyncS),
      idleTimeoutS: settings.integer("idle_timeout", "seconds", FN_LIMITS.idleTimeoutS),
    },
  };
}

/** The keys of a file, read one by one: what nobody asks for is never expanded, so aliases cannot blow it up. */
class Settings {
  readonly #fileName: string;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor(fileName: string, text: string) {
    this.#fileName = fileName;
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      // "Pretty" errors quote the file, and an error reaches people who may not read it.
      prettyErrors: false,
      logLevel: "error",
    });
    const [wrong] = this.#document.errors;
    if (wrong) throw this.#errorAt(wrong.pos[0], wrong.message);
    if (!isMap(this.#document.contents)) {
      throw this.error(undefined, "the file must be a map, with lines such as 'entrypoint: node func.js'");
    }
  }

  /** A text, split at spaces, or a list of texts; empty when absent. */
  words(key: string): string[] {
    const node = this.#node(key);
    if (!node) return [];
    if (isSeq<Node>(node)) return node.items.map((item) => this.#text(key, item, "a list of texts"));
    const text = this.#text(key, node, "a text or a list of texts");
    return text.split(/\s+/).filter((word) => word !== "");
  }

  /** A whole number from 1 to `max`. */
  integer(key: string, unit: string, max: number): number | undefined {
    const node = this.#node(key);
    if (!node) return undefined;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) return value;
    const found = typeof value === "number" ? String(value) : kindOf(node);
    throw this.error(node, `'${key}' must be a whole number of ${unit} from 1 to ${max}, but is ${found}`);
  }

  format(key: string): FormatName | undefined {
    const node = this.#node(key);
    if (!node) return undefined;
    const expected = `one of ${FORMATS.join(", ")}`;
    const text = this.#text(key, node, expected);
    const format = FORMATS.find((name) => name === text);
    if (format === undefined) throw this.error(node, `'${key}' must be ${expected}`);
    return format;
  }

  /** Of the whole file when there is no node to point at. */
  error(node: Node | undefined, sentence: string): FuncFileError {
    return this.#errorAt(node?.range?.[0] ?? 0, sentence);
  }

  /** A key without a value is as good as absent. */
  #node(key: string): Node | undefined {
    // With `true` the library hands out nodes, whatever its type says.
    const node = this.#document.get(key, true) as Node | undefined;
    return isScalar(node) && node.value === null ? undefined : node;
  }

  #text(key: string, node: Node, expected: string): string {
    if (isScalar(node) && typeof node.value === "string") return node.value;
    throw this.error(node, `'${key}' must be ${expected}, but has ${kindOf(node)}`);
  }

  #errorAt(offset: number, sentence: string): FuncFileError {
    const { line, col } = this.#lines.linePos(offset);
    return new FuncFileError(`${this.#fileName}:${line || 1}:${col || 1}: ${sentence}`);
  }
}

function kindOf(node: Node): string {
  if (isAlias(node)) return "an alias";
  if (isMap(node)) return "a map";
  if (isSeq(node)) return "a list";
  if (!isScalar(node) || node.value === null) return "nothing";
  return typeof node.value === "string" ? "a text" : `a ${typeof node.value}`;
}
