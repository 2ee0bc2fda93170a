import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bearerToken, challengeOf, isTokenValue } from "./bearer.ts";

const given = (...values: string[]) => values.map((value) => ["authorization", value] as const);

describe("RFC 6750, 2.1: a token", () => {
  for (const value of ["Bearer a.b-c_d~e+f/g==", "bearer a.b-c_d~e+f/g==", "BEARER   a.b-c_d~e+f/g=="]) {
    test(`is read from "${value}"`, () => {
      assert.equal(bearerToken(given(value)), "a.b-c_d~e+f/g==");
    });
  }

  for (const value of ["Basic dTpw", "Bearerx a", "a", "", " ", `Digest ${"a".repeat(10_000)}`]) {
    test(`is missing from "${value.slice(0, 20)}"`, () => {
      assert.throws(() => bearerToken(given(value)), { code: "token_missing" });
    });
  }

  const malformed = [
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer a,b",
    "Bearer =a",
    "Bearer \u00e9",
    "Bearer a\tb",
  ];
  for (const value of malformed) {
    test(`is malformed in ${JSON.stringify(value)}`, () => {
      assert.throws(() => bearerToken(given(value)), { code: "token_malformed" });
    });
  }

  test("is missing from a request without the field", () => {
    assert.throws(() => bearerToken([["X-Authorization", "Bearer a"]]), { code: "token_missing" });
  });

  test("is malformed when the field is there twice, even if both say the same", () => {
    assert.throws(() => bearerToken(given("Bearer a", "Bearer a")), { code: "token_malformed" });
  });

  test("of 10,000 characters is read as any other", () => {
    assert.equal(bearerToken(given(`Bearer ${"a".repeat(10_000)}`)).length, 10_000);
  });
});

describe("RFC 6750, 3: the answer to a refused token", () => {
  const cases = {
    token_missing: 'Bearer realm="hotfn"',
    token_malformed: 'Bearer realm="hotfn", error="invalid_request"',
    token_unknown: 'Bearer realm="hotfn", error="invalid_token"',
    token_expired: 'Bearer realm="hotfn", error="invalid_token"',
    scope_missing: 'Bearer realm="hotfn", error="insufficient_scope"',
  } as const;
  for (const [code, challenge] of Object.entries(cases)) {
    test(`${code}: ${challenge}`, () => {
      // The keys of `cases`.
      assert.deepEqual(challengeOf(code as keyof typeof cases), ["WWW-Authenticate", challenge]);
    });
  }

  test("has no challenge when a token would not help", () => {
    assert.deepEqual(challengeOf("management_closed"), []);
  });
});

describe("a token of ours", () => {
  test("is told by its form from the credentials of a function", () => {
    assert.ok(isTokenValue(`bearer fn_${"a".repeat(43)}`));
    for (const value of ["Bearer fn_short", `Basic fn_${"a".repeat(43)}`, "Bearer eyJ.e30.x", "fn_"]) {
      assert.ok(!isTokenValue(value), value);
    }
  });
});
