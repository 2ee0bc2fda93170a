import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  address,
  addresses,
  choice,
  formatAddress,
  integer,
  parseAddress,
  parseFlags,
  text,
  toggle,
} from "./flags.ts";

const FLAGS = {
  nodes: addresses("nodes", ["a:1"]),
  listen: address("where", ":8081"),
  "hc-interval": integer("seconds", 3, { min: 1, max: 10 }),
  db: text("database", "here"),
  level: choice("level", "info", ["info", "debug"]),
  json: toggle("as JSON"),
  v: toggle("verbose"),
};

function parse(...argv: string[]) {
  return parseFlags({ name: "program", summary: "Does something.", flags: FLAGS }, argv);
}

describe("flags as Go writes them", () => {
  const spellings: readonly (readonly string[])[] = [
    ["-nodes", "b:2,c:3"],
    ["-nodes=b:2,c:3"],
    ["--nodes", "b:2,c:3"],
    ["--nodes=b:2,c:3"],
  ];
  for (const argv of spellings) {
    test(`${argv.join(" ")} is two nodes`, () => assert.deepEqual(parse(...argv).nodes, ["b:2", "c:3"]));
  }

  test("a flag that is not given has its default", () => {
    const { nodes, listen, db, level, json, v, ...rest } = parse();
    assert.deepEqual(nodes, ["a:1"]);
    assert.deepEqual(listen, { host: undefined, port: 8081 });
    assert.deepEqual([db, level, json, v, rest["hc-interval"]], ["here", "info", false, false, 3]);
  });

  for (const argv of [["-v"], ["--v"], ["-v=true"], ["-json=false", "-v"]]) {
    test(`${argv.join(" ")} switches v on and json not`, () => {
      const { v, json } = parse(...argv);
      assert.deepEqual([v, json], [true, false]);
    });
  }

  test("a value may contain what looks like a flag", () => {
    assert.equal(parse("-db=sqlite3://x?a=-b").db, "sqlite3://x?a=-b");
  });

  test("the environment stands in for a flag, and the flag wins over it", (t) => {
    t.after(() => delete process.env.HOTFN_TEST_DB);
    process.env.HOTFN_TEST_DB = "there";
    const flags = { db: text("database", "here", { env: "HOTFN_TEST_DB" }) };
    const program = { name: "program", summary: "Does something.", flags };
    assert.equal(parseFlags(program, []).db, "there");
    assert.equal(parseFlags(program, ["-db", "mine"]).db, "mine");
  });
});

describe("an address", () => {
  const good: readonly (readonly [text: string, host: string | undefined, port: number])[] = [
    ["a:1", "a", 1],
    [":8081", undefined, 8081],
    ["10.0.0.1:65535", "10.0.0.1", 65_535],
    ["[::1]:80", "::1", 80],
  ];
  for (const [written, host, port] of good) {
    test(`${written} is read, and written the same`, () => {
      const parsed = parseAddress(written);
      assert.deepEqual(parsed, { host, port });
      assert.equal(parsed && formatAddress(parsed), written);
    });
  }

  for (const written of [
    "",
    "a",
    "a:",
    "a:65536",
    "a:-1",
    "http://a:1",
    "a b:1",
    "::1:80",
    "a:1/x",
    "u@a:1",
  ]) {
    test(`'${written}' is none`, () => assert.equal(parseAddress(written), undefined));
  }
});
