import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addresses, duration, integer, type Program, text, toggle } from "./flags.ts";
import { readSettings, SettingsError, type SettingsInput } from "./settings.ts";

const FILE = "/etc/program.yaml";

const flags = {
  config: text("file", ""),
  nodes: addresses("nodes", []),
  "hc-path": text("path", "/version"),
  interval: duration("time", 3000, { minMs: 100, maxMs: 60_000 }),
  low: integer("low", 1, { min: 0, max: 100 }),
  high: integer("high", 2, { min: 0, max: 100 }),
  level: text("level", "info", { env: "LOG_LEVEL" }),
  json: toggle("as JSON"),
};

const program: Program<typeof flags> = {
  name: "program",
  summary: "Does something.",
  envPrefix: "PRG_",
  flags,
  contradictions: ({ low, high }) =>
    low > high ? [{ between: ["low", "high"], problem: "the one is above the other." }] : [],
};

interface Given {
  readonly argv?: readonly string[];
  readonly env?: SettingsInput["env"];
  readonly file?: string;
}

function read({ argv = [], env = {}, file }: Given) {
  const named = file === undefined ? argv : ["-config", FILE, ...argv];
  return readSettings(program, { argv: named, env, readFile: () => file ?? "" });
}

/** What stands before the first colon of each problem: where it comes from. */
function originsOf(given: Given): string[] {
  return problemsOf(given).map((problem) => problem.slice(0, problem.indexOf(": ")));
}

function problemsOf(given: Given): readonly string[] {
  try {
    read(given);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.problems;
  }
  return [];
}

describe("a setting", () => {
  const everywhere = { argv: ["-low", "4"], env: { PRG_LOW: "3" }, file: "low: 2\nhigh: 9" };

  test("is its flag before all else", () => assert.equal(read(everywhere).low, 4));
  test("without a flag is its variable", () => assert.equal(read({ ...everywhere, argv: [] }).low, 3));
  test("without either is what the file says", () => assert.equal(read({ file: "low: 2" }).low, 2));
  test("that nobody told has its default", () => assert.equal(read({}).low, 1));

  test("given twice as a flag is the last one", () => {
    assert.equal(read({ argv: ["-high", "3", "-high=4"] }).high, 4);
  });

  test("has a variable named after it, or one of its own", () => {
    const { "hc-path": path, level } = read({ env: { PRG_HC_PATH: "/x", LOG_LEVEL: "warn" } });
    assert.deepEqual([path, level], ["/x", "warn"]);
  });

  test("whose variable is empty is as if it were not set", () => {
    assert.equal(read({ env: { PRG_LOW: "" } }).low, 1);
  });

  test("in the environment nobody knows is another program's", () => {
    assert.deepEqual(problemsOf({ env: { PRG_SERVICE_HOST: "10.0.0.1" } }), []);
  });
});

describe("a switch", () => {
  for (const [written, is] of [
    ["true", true],
    ["1", true],
    ["false", false],
    ["0", false],
  ] as const) {
    test(`is ${is} for '${written}' in the environment`, () =>
      assert.equal(read({ env: { PRG_JSON: written } }).json, is));
  }

  test("may be taken back by a flag", () => {
    assert.equal(read({ argv: ["-json=false"], file: "json: true" }).json, false);
  });

  test("is nothing else", () => assert.deepEqual(originsOf({ env: { PRG_JSON: "yes" } }), ["PRG_JSON"]));
});

describe("a duration", () => {
  for (const [written, ms] of [
    ["5", 5000],
    ["250ms", 250],
    ["0.5s", 500],
    ["1m", 60_000],
  ] as const) {
    test(`of ${written} is ${ms} ms`, () =>
      assert.equal(read({ argv: ["-interval", written] }).interval, ms));
  }
  for (const written of ["0", "99ms", "61", "-3", "1.5", "soon"]) {
    test(`of ${written} is refused`, () =>
      assert.deepEqual(originsOf({ argv: ["-interval", written] }), ["-interval"]));
  }
});

describe("a configuration file", () => {
  test("is YAML, with lists where flags have commas", () => {
    const { nodes, json } = read({ file: "# ours\nnodes:\n  - a:1\n  - b:2\njson: true\n" });
    assert.deepEqual([nodes, json], [["a:1", "b:2"], true]);
  });

  test("may be JSON", () => {
    const { nodes, low } = read({ file: '{"nodes": ["a:1"], "low": 2}' });
    assert.deepEqual([nodes, low], [["a:1"], 2]);
  });

  test("may be named in the environment", () => {
    const readFile = (path: string) => (path === FILE ? "low: 2" : "low: 1");
    assert.equal(readSettings(program, { argv: [], env: { PRG_CONFIG: FILE }, readFile }).low, 2);
  });

  test("may be empty", () => assert.equal(read({ file: "# nothing\n" }).low, 1));

  const wrong: readonly (readonly [what: string, file: string, origin: string])[] = [
    ["has a key that is no setting", "low: 1\nlou: 2", `${FILE}, line 2`],
    ["names another file", "config: other.yaml", `${FILE}, line 1`],
    ["says a setting twice", "low: 1\nlow: 2", `${FILE}, line 2`],
    ["has a mapping for a value", "low: {a: 1}", `${FILE}, line 1`],
    ["has a list in a list", "nodes: [[a:1]]", `${FILE}, line 1`],
    ["has no value", "low:", `${FILE}, line 1`],
    ["has a number in another spelling", "high: 0x10", `${FILE}, line 1`],
    ["is no mapping", "- low", FILE],
    ["is no YAML", "low: [1", `${FILE}, line 1`],
  ];
  for (const [what, file, origin] of wrong) {
    test(`is refused when it ${what}`, () => {
      const problems = problemsOf({ file });
      assert.ok(problems[0]?.startsWith(`${origin}: `), problems.join("\n"));
    });
  }

  test("is refused when it cannot be read", () => {
    const readFile = () => {
      throw new Error("ENOENT");
    };
    assert.throws(() => readSettings(program, { argv: ["-config", FILE], env: {}, readFile }), SettingsError);
  });
});

describe("what is wrong", () => {
  test("is told all at once, each with the place that it comes from", () => {
    const problems = problemsOf({
      argv: ["-low", "x", "-unknown", "-nodes"],
      env: { PRG_HIGH: "many" },
      file: "interval: 0\nlevle: debug",
    });
    const places = ["-unknown ", "-nodes ", `${FILE}, line 1: `, `${FILE}, line 2: `, "PRG_HIGH: ", "-low: "];
    assert.equal(problems.length, places.length);
    for (const [i, place] of places.entries()) assert.ok(problems[i]?.startsWith(place), `${problems[i]}`);
  });

  test("is told also where something else outdoes it", () => {
    assert.deepEqual(originsOf({ argv: ["-low", "1"], env: { PRG_LOW: "x" } }), ["PRG_LOW"]);
  });

  test("may be two settings together, each with its place", () => {
    assert.deepEqual(originsOf({ argv: ["-low", "9"], env: { PRG_HIGH: "3" } }), ["-low and PRG_HIGH"]);
  });

  test("is not guessed from a setting that is wrong in itself", () => {
    assert.deepEqual(originsOf({ argv: ["-low", "9", "-high", "x"] }), ["-high"]);
  });
});
