import { CommandError } from "./io.ts";
import type { OutputChoice } from "./options.ts";
import type { Tools } from "./tools.ts";

/** Prints a thing as JSON, or a part of it. Errors: `CommandError` for a part that is not there. */
export function printPart({ print }: Tools, resource: object, part: string | undefined): void {
  const value = part === undefined ? resource : property(resource, part);
  if (value === undefined) throw new CommandError(`failed to inspect field ${part}`);
  print(toSortedJson(value));
}

/** Prints a list as JSON, or as a table with this head; `rowOf` gives the cells of an item. */
export function printList<T>(
  { print }: Tools,
  items: readonly T[],
  { output }: OutputChoice,
  head: readonly string[],
  rowOf: (item: T) => readonly string[],
): void {
  print(output === "json" ? toSortedJson(items) : table([head, ...items.map(rowOf)]));
}

/** Columns of equal width with two blanks between them; no blanks at the end of a line. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

/** JSON for people and for comparing: indented by tabs, keys in order. */
export function toSortedJson(value: unknown): string {
  return JSON.stringify(sortKeys(value), undefined, "\t");
}

/**
 * A part of a resource by name: `config` or `config.KEY`. Keys may contain dots themselves, so only the first one
 * separates. Undefined when there is no such part.
 */
export function property(resource: object, name: string): unknown {
  const [, field = "", key] = /^([^.]*)(?:\.(.*))?$/s.exec(name) ?? [];
  const value = ownValue(resource, field);
  return key === undefined ? value : ownValue(value, key);
}

/** `K=V` lines, by key. */
export function configLines(config: Readonly<Record<string, string>>): string[] {
  return byKey(config).map(([key, value]) => `${key}=${value}`);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(byKey(value).map(([key, inner]) => [key, sortKeys(inner)]));
}

function byKey(object: object): [string, unknown][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Not what the object inherits: `constructor` is no field. */
function ownValue(object: unknown, key: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  return Object.entries(object).find(([name]) => name === key)?.[1];
}
