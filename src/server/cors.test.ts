import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CORS_HEADERS, type CorsSettings, corsOf, parseCorsHeaders, parseCorsOrigins } from "./cors.ts";

const PAGE = "https://app.example.com";

function ask(
  request: { readonly origin?: string; readonly method?: string },
  settings: Partial<CorsSettings> = {},
) {
  const { origin, method = "GET" } = request;
  const origins = new Set([PAGE]);
  const answer = corsOf(
    { origins, headers: CORS_HEADERS, ...settings },
    { method, origin, host: "fn.example.com:8080" },
  );
  if (!answer) return undefined;
  const { status, fields } = answer;
  const pairs = fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]]] : []));
  return { status, fields: Object.fromEntries(pairs) };
}

describe("API reference 6.3: CORS", () => {
  test("leaves requests without an origin as they are", () => {
    assert.equal(ask({}), undefined);
    assert.equal(ask({ method: "OPTIONS" }), undefined);
  });

  for (const origin of ["http://fn.example.com:8080", "https://fn.example.com:8080"]) {
    test(`leaves pages of the node itself as they are: ${origin}`, () => {
      assert.equal(ask({ origin }), undefined);
    });
  }

  for (const origin of [
    "https://evil.example.com",
    "http://app.example.com",
    `${PAGE}:8443`,
    "null",
    "",
    `${PAGE}, ${PAGE}`,
  ]) {
    test(`refuses "${origin}", which is not listed, with 403`, () => {
      assert.deepEqual(ask({ origin }), { status: 403, fields: { Vary: "Origin" } });
      assert.equal(ask({ origin, method: "OPTIONS" })?.status, 403);
    });
  }

  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
    test(`lets ${method} of a listed origin go its way, and names the origin in the answer`, () => {
      const fields = { "Access-Control-Allow-Origin": PAGE, Vary: "Origin" };
      assert.deepEqual(ask({ origin: PAGE, method }), { status: undefined, fields });
    });
  }

  test("answers OPTIONS of a listed origin with 200, all methods, the fields, and half a day", () => {
    assert.deepEqual(ask({ origin: PAGE, method: "OPTIONS" }, { headers: ["X-A", "X-B"] }), {
      status: 200,
      fields: {
        "Access-Control-Allow-Origin": PAGE,
        Vary: "Origin",
        "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
        "Access-Control-Allow-Headers": "X-A,X-B",
        "Access-Control-Max-Age": "43200",
      },
    });
  });

  test("with * answers any origin, even none to speak of", () => {
    for (const origin of ["https://evil.example.com", "null"]) {
      const fields = { "Access-Control-Allow-Origin": "*", Vary: "Origin" };
      assert.deepEqual(ask({ origin }, { origins: "*" }), { status: undefined, fields });
    }
  });
});

describe("the origins in the settings", () => {
  test("have commas between them, and are compared as browsers write them", () => {
    assert.deepEqual(
      parseCorsOrigins("https://APP.example.com:443, http://localhost:3000,"),
      new Set([PAGE, "http://localhost:3000"]),
    );
  });

  test("may be *, alone", () => {
    assert.equal(parseCorsOrigins("*"), "*");
    assert.throws(() => parseCorsOrigins(`*,${PAGE}`));
  });

  for (const text of [
    "app.example.com",
    "ftp://a",
    "https://a/",
    "https://a/b",
    "https://u@a",
    "https://",
    "null",
  ]) {
    test(`are not "${text}"`, () => assert.throws(() => parseCorsOrigins(text)));
  }
});

describe("the fields in the settings", () => {
  test("have commas between them", () => {
    assert.deepEqual(parseCorsHeaders("X-A, Content-Type"), ["X-A", "Content-Type"]);
  });

  test("are names of fields", () => assert.throws(() => parseCorsHeaders("X-A,X B")));
});
