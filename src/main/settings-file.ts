import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Told } from "./settings.ts";

/** A file with every setting there is has some KiB. */
const FILE_CHARS_MAX = 1024 * 1024;

/**
 * Reads a configuration file in YAML, or in JSON, which is YAML: a mapping from the names of flags to their values. A
 * list is the same as its members with commas between. What is wrong with the file itself is added to the problems.
 */
export function readSettingsFile(
  path: string,
  readFile: (path: string) => string,
  problems: string[],
): Told[] {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    problems.push(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
    return [];
  }
  if (text.length > FILE_CHARS_MAX) {
    problems.push(`${path} is longer than ${FILE_CHARS_MAX} characters.`);
    return [];
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset = 0) => `${path}, line ${Math.max(lines.linePos(offset).line, 1)}`;
  for (const error of document.errors) problems.push(`${at(error.pos[0])}: ${error.message}`);
  const { contents } = document;
  if (document.errors.length > 0 || contents === null) return [];
  if (!isMap(contents)) {
    problems.push(`${path}: Write lines of the form 'name: value'.`);
    return [];
  }

  const told: Told[] = [];
  for (const { key, value } of contents.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const origin = `${at(isScalar(key) ? key.range?.[0] : 0)}: ${name}`;
    const written = textOf(value);
    if (written === undefined)
      problems.push(`${origin}: Give a text, a number, true, false, or a list of such.`);
    else if (name === "config") problems.push(`${origin}: a file cannot name another one.`);
    else told.push({ name, text: written, origin });
  }
  return told;
}

/** A value as one would type it behind its flag; undefined for what has no such text. */
function textOf(value: unknown): string | undefined {
  if (isSeq(value)) {
    const members = value.items.map((item) => (isSeq(item) ? undefined : textOf(item)));
    return members.includes(undefined) ? undefined : members.join(",");
  }
  if (!isScalar(value) || value.value === null) return undefined;
  // A number as it was written: 0x1F is not meant to be 31 here, nor 1e3 to be 1000.
  return typeof value.value === "string" ? value.value : (value.source ?? String(value.value));
}
