import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ConnectionSettings, parseConnectionUrl, shownUrl } from "./connection-url.ts";

describe("a PostgreSQL URL", () => {
  test("names user, password, host, port and database", () => {
    assert.deepEqual(parseConnectionUrl("postgres://me:secret@db.example:6432/fn?sslmode=disable"), {
      host: "db.example",
      port: 6432,
      database: "fn",
      user: "me",
      password: "secret",
      tls: undefined,
    } satisfies ConnectionSettings);
  });

  test("has percent signs before characters that mean something else", () => {
    const { user, password, database } = parseConnectionUrl("postgresql://m%40e:s%3Ae%2Fc%25@db/f%20n");
    assert.deepEqual([user, password, database], ["m@e", "s:e/c%", "f n"]);
  });

  test("may leave the port and the password open", () => {
    const { port, password } = parseConnectionUrl("postgres://me@db/fn");
    assert.deepEqual([port, password], [5432, ""]);
  });

  test("may name the host by an IPv6 address, and is shown with it again", () => {
    const settings = parseConnectionUrl("postgres://me:secret@[::1]:6432/fn");
    assert.equal(settings.host, "::1");
    assert.equal(shownUrl(settings), "postgres://[::1]:6432/fn");
  });

  describe("encrypts", () => {
    for (const [parameters, checksCertificate, checksName] of [
      ["", false, false],
      ["?sslmode=require", false, false],
      ["?sslmode=verify-ca", true, false],
      ["?sslmode=verify-full", true, true],
    ] as const) {
      test(`with ${parameters || "no sslmode"}, and checks ${checksCertificate ? "the certificate" : "nothing"}${checksName ? " and the name" : ""}`, () => {
        const { tls } = parseConnectionUrl(`postgres://me@db/fn${parameters}`);
        assert.deepEqual(tls, { checksCertificate, checksName, rootCertificates: undefined });
      });
    }
  });

  describe("is refused, without a word of what it holds,", () => {
    for (const [what, url] of [
      ["without a user", "postgres://db/fn"],
      ["without a database", "postgres://me:s3cret@db"],
      ["without a host", "postgres:///fn"],
      ["with a port that is none", "postgres://me:s3cret@db:port/fn"],
      ["with a password that is not escaped", "postgres://me:s3cr%et@db/fn"],
      ["with an unknown sslmode", "postgres://me:s3cret@db/fn?sslmode=maybe"],
      ["with an unknown parameter", "postgres://me:s3cret@db/fn?options=-c"],
      ["with certificates that are not there", "postgres://me:s3cret@db/fn?sslrootcert=/nowhere/ca.pem"],
    ] as const) {
      test(what, () => {
        assert.throws(
          () => parseConnectionUrl(url),
          (error: unknown) => {
            assert.ok(error instanceof Error);
            assert.equal(error.name, "StoreOpenError");
            assert.doesNotMatch(error.message, /s3cr|me:/);
            return true;
          },
        );
      });
    }
  });
});
