/** What a machine can check about the shape of the code, it checks here; each rule says why it is one. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * Which room may import which. A room always may import itself. `driver/driver.ts` and the like name one file:
 * the interface, and not what implements it. The reasons are in ARCHITECTURE.md.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  clock: [],
  http1: ["model", "clock"],
  store: ["model", "clock"],
  driver: ["model", "clock"],
  format: ["model", "clock", "http1"],
  agent: ["model", "clock", "store/store.ts", "driver/driver.ts", "format/format.ts"],
  server: ["model", "clock", "agent", "store/store.ts", "http1"],
  lb: ["model", "clock", "http1"],
  dashboard: [],
  cli: ["model", "clock"],
  kit: [],
  harness: ["model", "clock"],
  main: ["*"],
};

/** Node's modules that a room must not use, since another room is there for them. */
const NODE_MODULES_OF_ONE_ROOM: Readonly<Record<string, readonly string[]>> = {
  "node:sqlite": ["store"],
  "node:child_process": ["driver", "main", "cli"],
};

/** Time and chance are handed in (`src/clock/`), so that decisions can be replayed and tests need not wait. */
const TIME_AND_CHANCE =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout\(|setInterval\(|randomUUID)/;

/** `main` alone reads the environment and the arguments; everything else is told. The kit's is a program of its own. */
const ENVIRONMENT = /\bprocess\.(env|argv|exit)\b/;

const LINES_MAX = 400;

const sources = walk(join(root, "src")).filter((path) => path.endsWith(".ts"));
const products = sources.filter((path) => !/\.(test|suite|bench)\.ts$/.test(path));

describe("the rooms", () => {
  test("each folder of src/ is a room with known import directions", () => {
    const rooms = new Set(sources.map(roomOf));
    assert.deepEqual(
      [...rooms].filter((room) => !(room in MAY_IMPORT)),
      [],
    );
  });

  test("imports go only in the directions that are allowed", () => {
    const wrong = products.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.startsWith("."))
        .map((target) => relative(join(root, "src"), join(dirname(path), target)))
        .filter((target) => !isAllowed(roomOf(path), target))
        .map((target) => `${shown(path)} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  test("no file imports itself in a circle", () => {
    const graph = new Map(
      products.map((path) => [
        path,
        valueImportsOf(path)
          .filter((target) => target.startsWith("."))
          .map((target) => join(dirname(path), target)),
      ]),
    );
    assert.deepEqual(findCircle(graph)?.map(shown), undefined);
  });

  test("Node modules with a room of their own are used there only", () => {
    const wrong = products.flatMap((path) =>
      importsOf(path)
        .filter((target) => NODE_MODULES_OF_ONE_ROOM[target]?.includes(roomOf(path)) === false)
        .map((target) => `${shown(path)} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });
});

describe("the code", () => {
  test("only src/clock/ reads the real time and real chance", () => {
    assert.deepEqual(
      linesMatching(TIME_AND_CHANCE, (path) => roomOf(path) !== "clock"),
      [],
    );
  });

  test("only src/main/ reads the environment and the arguments, and ends the process", () => {
    assert.deepEqual(
      linesMatching(ENVIRONMENT, (path) => roomOf(path) !== "main" && shown(path) !== "src/kit/main.ts"),
      [],
    );
  });

  test(`no file is longer than ${LINES_MAX} lines: one that needs a second idea is two files`, () => {
    const long = sources.filter((path) => readFileSync(path, "utf8").split("\n").length > LINES_MAX + 1);
    assert.deepEqual(long.map(shown), []);
  });

  test("nothing is left for later in a comment", () => {
    assert.deepEqual(
      linesMatching(/\b(TODO|FIXME|HACK)\b/, () => true),
      [],
    );
  });
});

function roomOf(path: string): string {
  return relative(join(root, "src"), path).split("/")[0] ?? "";
}

function isAllowed(room: string, target: string): boolean {
  const targetRoom = target.split("/")[0] ?? "";
  const allowed = MAY_IMPORT[room] ?? [];
  return (
    targetRoom === room || allowed.some((name) => name === "*" || name === targetRoom || name === target)
  );
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/^\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
}

/** Imports that exist at run time: a circle of types alone harms nobody. */
function valueImportsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/^\s*(?:import|export)\s(?!type\b)[^;]*?from\s+"([^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );
}

function findCircle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (finished.has(path)) return undefined;
    for (const target of graph.get(path) ?? []) {
      const circle = visit(target, [...trail, path]);
      if (circle) return circle;
    }
    finished.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const circle = visit(path, []);
    if (circle) return circle;
  }
  return undefined;
}

function linesMatching(pattern: RegExp, where: (path: string) => boolean): string[] {
  return products.filter(where).flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .map((line, index) => ({ line, at: `${shown(path)}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line))
      .map(({ line, at }) => `${at}: ${line.trim()}`),
  );
}

function walk(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function shown(path: string): string {
  return relative(root, path);
}
