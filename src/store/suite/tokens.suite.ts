import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sampleToken } from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

export function tokensSuite(open: OpenEmpty): void {
  describe("tokens", () => {
    test("a token is found by its hash, as it was stored", async (t) => {
      const { tokens } = await open(t);
      const token = sampleToken("1", { name: "Grüße", scopes: ["read", "manage"], expiresAtMs: 1 });
      await tokens.insert(token);
      assert.deepEqual(await tokens.find(token.hash), token);
    });

    test("one without scopes, and one that does not expire, come back so", async (t) => {
      const { tokens } = await open(t);
      const token = sampleToken("1", { scopes: [], expiresAtMs: undefined });
      await tokens.insert(token);
      assert.deepEqual(await tokens.find(token.hash), token);
    });

    test("a hash that no token has finds none", async (t) => {
      const { tokens } = await open(t);
      await tokens.insert(sampleToken("1"));
      assert.equal(await tokens.find("hash"), undefined);
    });

    test("listing goes by id, ascending, in pages", async (t) => {
      const { tokens } = await open(t);
      for (const id of ["3", "1", "2"]) await tokens.insert(sampleToken(id));
      assert.deepEqual(await tokens.list({ limit: 2 }), [sampleToken("1"), sampleToken("2")]);
      assert.deepEqual(await tokens.list({ after: "2", limit: 2 }), [sampleToken("3")]);
    });

    test("a removed one is not found any more, and others are", async (t) => {
      const { tokens } = await open(t);
      for (const id of ["1", "2"]) await tokens.insert(sampleToken(id));
      await tokens.remove("1");
      assert.equal(await tokens.find("hash-1"), undefined);
      assert.deepEqual(await tokens.find("hash-2"), sampleToken("2"));
    });

    test("removing one that is not there is refused", async (t) => {
      const { tokens } = await open(t);
      await assert.rejects(tokens.remove("none"), refusal("token_not_found"));
    });
  });
}
