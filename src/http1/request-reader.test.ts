import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HEAD_BYTES_MAX } from "./head-reader.ts";
import { TARGET_BYTES_MAX } from "./request-reader.ts";
import { headOf, readRequests, refuses } from "./testdata/requests.ts";

const HOST = "Host: fn.example\r\n";

describe("a request's head", () => {
  test("is a method, a target, a version and fields in order, spelled as sent", () => {
    const head = headOf(
      "PUT /r/shop/price?id=7 HTTP/1.1\r\nhOST: fn.example:8080\r\nX-b: 1\r\nx-A: 2\r\n\r\n",
    );
    assert.equal(head.method, "PUT");
    assert.equal(head.target, "/r/shop/price?id=7");
    assert.equal(head.minorVersion, 1);
    assert.deepEqual(head.fields, [
      ["hOST", "fn.example:8080"],
      ["X-b", "1"],
      ["x-A", "2"],
    ]);
  });

  test("keeps bytes beyond ASCII, a character for each, in target and values", () => {
    const head = headOf(`GET /\xc2\xb5 HTTP/1.1\r\n${HOST}A: \xc2\xb5\r\n\r\n`);
    assert.equal(head.target, "/\u00c2\u00b5");
    assert.deepEqual(head.fields[1], ["A", "\u00c2\u00b5"]);
  });

  test("may have any token as its method, in its own case", () => {
    assert.equal(headOf(`m-Search! / HTTP/1.1\r\n${HOST}\r\n`).method, "m-Search!");
  });

  test("lists what Connection says, in lower case", () => {
    const head = headOf(`GET / HTTP/1.1\r\n${HOST}Connection: Close, X-A\r\nConnection: keep-alive\r\n\r\n`);
    assert.deepEqual(head.connection, ["close", "x-a", "keep-alive"]);
  });

  test("is given back byte by byte, without an empty line before it", () => {
    const text = `GET /\xe9 HTTP/1.1\r\n${HOST}A:  b \r\n\r\n`;
    assert.equal(readRequests(`\r\n${text}`)[0]?.headText, text);
  });

  for (const [what, requestLine] of [
    ["no request line", "hello"],
    ["no version", "GET /"],
    ["no target", "GET HTTP/1.1"],
    ["a blank before the method", " GET / HTTP/1.1"],
    ["two blanks before the target", "GET  / HTTP/1.1"],
    ["two blanks before the version", "GET /  HTTP/1.1"],
    ["a blank behind the version", "GET / HTTP/1.1 "],
    ["a tab for a blank", "GET\t/ HTTP/1.1"],
    ["a blank in the target", "GET /a b HTTP/1.1"],
    ["a NUL in the target", "GET /a\0b HTTP/1.1"],
    ["a CR alone in the target", "GET /a\rb HTTP/1.1"],
    ["a CR alone behind the version", "GET / HTTP/1.1\r"],
    ["a method that is no token", "GE(T / HTTP/1.1"],
    ["a method beyond ASCII", "G\xcbT / HTTP/1.1"],
    ["a version in lower case", "GET / http/1.1"],
    ["a version of three digits", "GET / HTTP/1.10"],
    ["a version of another protocol", "GET / ICE/1.1"],
  ] as const) {
    test(`with ${what} is malformed`, () => refuses(`${requestLine}\r\n${HOST}\r\n`, "malformed"));
  }

  for (const [what, lines] of [
    ["a folded line", "A: b\r\n c\r\n"],
    ["a folded line first", " A: b\r\n"],
    ["white space before the colon", "A : b\r\n"],
    ["a tab before the colon", "A\t: b\r\n"],
    ["a line without a colon", "nonsense\r\n"],
    ["an empty name", ": b\r\n"],
    ["a name beyond ASCII", "\xc4: b\r\n"],
    ["a CR alone in a value", "A: b\rc\r\n"],
    ["two CRs at the end of a line", "A: b\r\r\n"],
    ["a NUL in a value", "A: b\0\r\n"],
    ["a DEL in a value", "A: b\x7f\r\n"],
    ["a NUL in a name", "A\0: b\r\n"],
  ] as const) {
    test(`with ${what} is malformed`, () => refuses(`GET / HTTP/1.1\r\n${HOST}${lines}\r\n`, "malformed"));
  }

  for (const [where, text] of [
    ["the request line", `GET / HTTP/1.1\n${HOST}\r\n`],
    ["a field", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n"],
    ["the empty line", `GET / HTTP/1.1\r\n${HOST}\n`],
    ["an empty line before it", `\nGET / HTTP/1.1\r\n${HOST}\r\n`],
  ] as const) {
    test(`with an LF alone at the end of ${where} is malformed`, () => refuses(text, "malformed"));
  }

  test("may have one empty line before it, and no more (RFC 9112 section 2.2)", () => {
    const text = `GET / HTTP/1.1\r\n${HOST}\r\n`;
    assert.equal(headOf(`\r\n${text}`).target, "/");
    refuses(`\r\n\r\n${text}`, "malformed");
  });

  test("may be as long as the limit, and no longer", () => {
    const start = `GET / HTTP/1.1\r\n${HOST}A: `;
    const ofLength = (bytes: number) => `${start.padEnd(bytes - 4, "x")}\r\n\r\n`;
    assert.equal(headOf(ofLength(HEAD_BYTES_MAX)).target, "/");
    refuses(ofLength(HEAD_BYTES_MAX + 1), "head_too_large");
  });

  test("that never ends is refused at the limit", () => {
    refuses("GET / HTTP/1.1\r\n".padEnd(HEAD_BYTES_MAX + 1, "x"), "head_too_large");
  });
});

describe("a version", () => {
  test("is 1.1 or 1.0", () => {
    assert.equal(headOf(`GET / HTTP/1.1\r\n${HOST}\r\n`).minorVersion, 1);
    assert.equal(headOf("GET / HTTP/1.0\r\n\r\n").minorVersion, 0);
  });

  for (const version of ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0"]) {
    test(`of ${version} is not spoken here`, () => {
      refuses(`GET / ${version}\r\n${HOST}\r\n`, "version_unsupported");
    });
  }

  test("tells the opening of an HTTP/2 client from nonsense", () => {
    refuses("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version_unsupported");
  });
});

/** RFC 9112 section 3.2. */
describe("a request target", () => {
  for (const [method, target, form, expectedTarget, expectedHost] of [
    ["GET", "/a/b?c=d", "origin", "/a/b?c=d", "fn.example"],
    ["GET", "//a", "origin, whatever a browser would make of it", "//a", "fn.example"],
    ["CONNECT", "/r/a", "origin, which Go reads after CONNECT too", "/r/a", "fn.example"],
    ["GET", "http://other.example:8080/a?b", "absolute", "/a?b", "other.example:8080"],
    ["GET", "HTTPS://[::1]:8080/a", "absolute", "/a", "[::1]:8080"],
    ["GET", "http://other.example", "absolute, without a path", "/", "other.example"],
    ["GET", "http://other.example?b", "absolute, without a path", "/?b", "other.example"],
    ["OPTIONS", "*", "asterisk", "*", "fn.example"],
    ["CONNECT", "other.example:80", "authority", "other.example:80", "fn.example"],
  ] as const) {
    test(`${method} ${target} is of the form: ${form}`, () => {
      const { target: path, host } = headOf(`${method} ${target} HTTP/1.1\r\n${HOST}\r\n`);
      assert.deepEqual({ path, host }, { path: expectedTarget, host: expectedHost });
    });
  }

  for (const [method, target, why] of [
    ["GET", "a/b", "a path begins with a slash"],
    ["GET", "*", "only OPTIONS has the asterisk"],
    ["GET", "other.example:80", "only CONNECT has an authority"],
    ["CONNECT", "http://other.example/", "CONNECT has no absolute form"],
    ["GET", "ftp://other.example/", "only http and https are spoken"],
    ["GET", "http:///a", "a host is not empty"],
    ["GET", "http://:80/a", "a host is not empty"],
    ["GET", "http:/a", "an authority has two slashes before it"],
    ["GET", "http://user@other.example/", "a user could hide the host"],
    ["GET", "http://other.example\\@fn.example/", "a host has no such characters"],
  ] as const) {
    test(`${method} ${target} is malformed: ${why}`, () => {
      refuses(`${method} ${target} HTTP/1.1\r\n${HOST}\r\n`, "malformed");
    });
  }

  test("may be as long as the limit, and no longer", () => {
    const ofLength = (bytes: number) => `GET ${"/".padEnd(bytes, "x")} HTTP/1.1\r\n${HOST}\r\n`;
    assert.equal(headOf(ofLength(TARGET_BYTES_MAX)).target.length, TARGET_BYTES_MAX);
    refuses(ofLength(TARGET_BYTES_MAX + 1), "target_too_long");
  });
});

/** RFC 9112 section 3.2. */
describe("the Host field", () => {
  test("tells where the client meant to go", () => {
    assert.equal(headOf("GET / HTTP/1.1\r\nHost:\t[fe80::1%25eth0]:80 \r\n\r\n").host, "[fe80::1%25eth0]:80");
  });

  test("may be empty", () => assert.equal(headOf("GET / HTTP/1.1\r\nHost:\r\n\r\n").host, ""));

  test("may be missing in HTTP/1.0", () => assert.equal(headOf("GET / HTTP/1.0\r\n\r\n").host, ""));

  test("may not be missing in HTTP/1.1, not even beside an absolute target", () => {
    refuses("GET / HTTP/1.1\r\n\r\n", "malformed");
    refuses("GET http://a/ HTTP/1.1\r\n\r\n", "malformed");
  });

  test("may not be repeated, not even with the same value", () => {
    refuses("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "malformed");
    refuses("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "malformed");
  });

  for (const host of ["a b", "a/b", "a,b c", "user@a", "a?b", "a#b", "a\\b", "a\xe9"]) {
    test(`is malformed: ${JSON.stringify(host)}`, () => {
      refuses(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "malformed");
    });
  }
});

/** RFC 9110 section 10.1.1. */
describe("an expectation", () => {
  const start = `POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\n`;

  test("of 100-continue is told, in any case", () => {
    assert.equal(headOf(`${start}Expect: 100-Continue\r\n\r\n`).expectsContinue, true);
    assert.equal(headOf(`${start}\r\n`).expectsContinue, false);
  });

  test("of something else is not known, and does not hide one that is", () => {
    assert.equal(headOf(`${start}Expect: 200-ok\r\n\r\n`).expectsContinue, false);
    assert.equal(headOf(`${start}Expect: 100-continue\r\nExpect: 200-ok\r\n\r\n`).expectsContinue, true);
  });

  test("in HTTP/1.0 is none", () => {
    assert.equal(headOf("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expectsContinue, false);
  });

  test("does not pass to the next request", () => {
    const requests = readRequests(`${start}Expect: 100-continue\r\n\r\nhi${start}\r\nhi`);
    assert.deepEqual(
      requests.map(({ head }) => head.expectsContinue),
      [true, false],
    );
  });
});
