import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());

const token = { id: "T1", name: "ci", scopes: ["read", "invoke"], created_at: "2018-01-10T00:00:00.000Z" };

describe("fn tokens create", () => {
  test("prints the token alone on standard output", async () => {
    api.reply("POST /1/tokens", { body: { ...token, token: "fn_secret" } });
    const ran = await fn("create", "token", "ci", "--scope", "read,invoke", "--expires-in", "30d");
    assert.deepEqual(asked(), [
      'POST /1/tokens {"name":"ci","scopes":["read","invoke"],"expires_in":2592000}',
    ]);
    assert.equal(ran.stdout, "fn_secret\n");
    assert.ok(!ran.stderr.includes("fn_secret"));
  });

  for (const wrong of [[], ["--scope", "root"], ["--scope", "read", "--expires-in", "soon"]]) {
    test(`is a wrong use with '${wrong.join(" ")}'`, async () => {
      assert.equal((await fn("tokens", "create", "ci", ...wrong)).code, 2);
    });
  }
});

describe("fn tokens list", () => {
  test("prints a table", async () => {
    api.reply("GET /1/tokens?per_page=100", { body: { tokens: [token], next_cursor: "" } });
    assert.deepEqual((await fn("list", "tokens")).stdout.split("\n"), [
      "ID  NAME  SCOPES       CREATED                   EXPIRES",
      "T1  ci    read,invoke  2018-01-10T00:00:00.000Z  never",
      "",
    ]);
  });
});

describe("fn tokens delete", () => {
  test("deletes it by its id", async () => {
    api.reply("DELETE /1/tokens/T1", { body: { message: "Token removed" } });
    assert.equal((await fn("delete", "token", "T1")).stdout, "Token T1 deleted\n");
  });
});
