import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import Type from "typebox";
import { FnError } from "../../model/errors.ts";
import { mapOf, readBody } from "./body.ts";

const Schema = Type.Object({
  thing: Type.Optional(
    Type.Partial(
      Type.Object({
        some_text: Type.String(),
        count: Type.Integer(),
        texts: mapOf(Type.String(), ""),
        lists: mapOf(Type.Array(Type.String()), ""),
        anything: mapOf(Type.Unknown(), ""),
      }),
    ),
  ),
});

const read = (body: string | Uint8Array) => readBody(Schema, Buffer.from(body));

describe("a body is read", () => {
  const cases: { rule: string; body: string; value: unknown }[] = [
    { rule: "as it stands", body: '{"thing":{"count":1}}', value: { thing: { count: 1 } } },
    { rule: "with blanks around it", body: ' \n{"thing":{}}\r\n\t', value: { thing: {} } },
    {
      rule: "whatever the case of its names",
      body: '{"THING":{"Some_Text":"A"}}',
      value: { thing: { some_text: "A" } },
    },
    {
      rule: "with the last of names that differ in case",
      body: '{"thing":{"count":1,"Count":2}}',
      value: { thing: { count: 2 } },
    },
    {
      rule: "in the case of its map's keys",
      body: '{"thing":{"texts":{"Aa":"1","aA":"2"}}}',
      value: { thing: { texts: { Aa: "1", aA: "2" } } },
    },
    {
      rule: "without names that nobody knows",
      body: '{"thing":{"colour":[{}]},"x":1}',
      value: { thing: {} },
    },
    { rule: "without nulls", body: '{"thing":{"some_text":null,"count":null}}', value: { thing: {} } },
    {
      rule: "with an empty text for null in a map",
      body: '{"thing":{"texts":{"a":null}}}',
      value: { thing: { texts: { a: "" } } },
    },
    {
      rule: "with an empty list for null in a map of lists",
      body: '{"thing":{"lists":{"a":null,"b":[null]}}}',
      value: { thing: { lists: { a: [], b: [""] } } },
    },
    {
      rule: "as it stands where anything goes, but for a null in the place of a value",
      body: '{"thing":{"anything":{"a":{"B":[null,{"c":null}]},"d":null}}}',
      value: { thing: { anything: { a: { B: [null, { c: null }] }, d: "" } } },
    },
    {
      rule: "with all of Unicode",
      body: '{"thing":{"some_text":"\\ud83d\\ude00 ü \u{1F600}\\u2028"}}',
      value: { thing: { some_text: "😀 ü 😀\u2028" } },
    },
  ];
  for (const { rule, body, value } of cases) {
    test(rule, () => assert.deepEqual(read(body), value));
  }

  test("unless it is nested so deep that reading it could exhaust the stack", () => {
    const nested = (depth: number) => `{"thing":{"anything":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}}`;
    read(nested(90));
    for (const depth of [100, 100_000]) assert.throws(() => read(nested(depth)), { code: "invalid_json" });
  });

  test("without harm from names that mean something to JavaScript", () => {
    const value = read(
      '{"__proto__":{"thing":1},"constructor":1,"thing":{"texts":{"__proto__":"a","toString":"b"}}}',
    );
    assert.deepEqual(Object.entries(value.thing?.texts ?? {}), [
      ["__proto__", "a"],
      ["toString", "b"],
    ]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });
});

describe("whatever the bytes", () => {
  /** Reads, or refuses for the one reason there is. */
  const readsOrRefuses = (body: string | Uint8Array) => {
    try {
      read(body);
    } catch (error) {
      assert.ok(error instanceof FnError && error.code === "invalid_json" && error.hint !== undefined);
    }
  };

  test("a body is read or refused, and nothing else happens", () => {
    fc.assert(fc.property(fc.uint8Array(), readsOrRefuses));
  });

  test("JSON of any shape is read or refused, and nothing else happens", () => {
    const key = fc.constantFrom("thing", "count", "texts", "lists", "__proto__", "A");
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ depthSize: "small" }, fc.jsonValue({ maxDepth: 1 }), tie("list"), tie("map")),
      list: fc.array(tie("any"), { maxLength: 3 }),
      map: fc.dictionary(key, tie("any"), { maxKeys: 4 }),
    })).any;
    fc.assert(fc.property(value, (any) => readsOrRefuses(JSON.stringify(any))));
  });
});
