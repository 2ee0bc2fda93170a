import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NodeRow, Store } from "../store.ts";
import type { OpenEmpty } from "./test-store.suite.ts";

const FOR_MS = 60_000;

export function nodesSuite(open: OpenEmpty): void {
  describe("nodes", () => {
    test("come back as they were put, by name", async (t) => {
      const { nodes } = await open(t);
      const b = row("b:1", { weight: 2.5, isDraining: true });
      await nodes.put(b);
      await nodes.put(row("a:1"));
      assert.deepEqual(await nodes.list(), [row("a:1"), b]);
    });

    test("can be changed and removed", async (t) => {
      const { nodes } = await open(t);
      await nodes.put(row("a:1"));
      await nodes.put(row("b:1"));
      await nodes.put(row("a:1", { weight: 3 }));
      await nodes.remove("b:1");
      await nodes.remove("nobody:1");
      assert.deepEqual(await nodes.list(), [row("a:1", { weight: 3 })]);
    });

    test("are there when they announce themselves", async (t) => {
      const { nodes } = await open(t);
      await nodes.announce("a:1", false, FOR_MS);
      assert.deepEqual(await nodes.list(), [row("a:1")]);
    });

    test("drain when their announcement says so, until it does not any more", async (t) => {
      const { nodes } = await open(t);
      await nodes.announce("a:1", true, FOR_MS);
      assert.deepEqual(await nodes.list(), [row("a:1", { isDraining: true })]);
      await nodes.announce("a:1", false, FOR_MS);
      assert.deepEqual(await nodes.list(), [row("a:1")]);
    });

    test("keep what they were told, whatever they announce", async (t) => {
      const { nodes } = await open(t);
      const told = row("a:1", { weight: 2, isDraining: true });
      await nodes.announce("a:1", false, FOR_MS);
      await nodes.put(told);
      await nodes.announce("a:1", false, FOR_MS);
      assert.deepEqual(await nodes.list(), [told]);
    });

    test("are gone when their announcement has expired", async (t) => {
      const { nodes } = await open(t);
      await nodes.announce("a:1", false, FOR_MS);
      await nodes.announce("a:1", false, 0);
      assert.deepEqual(await nodes.list(), []);
    });

    test("are gone when it expires, also those that were changed meanwhile", async (t) => {
      const { nodes } = await open(t);
      await nodes.announce("a:1", false, FOR_MS);
      await nodes.put(row("a:1", { weight: 2 }));
      await nodes.announce("a:1", false, 0);
      assert.deepEqual(await nodes.list(), []);
    });

    test("know nothing of what they were before they expired", async (t) => {
      const { nodes } = await open(t);
      await nodes.announce("a:1", true, FOR_MS);
      await nodes.put(row("a:1", { weight: 2 }));
      await nodes.announce("a:1", true, 0);
      await nodes.announce("a:1", false, FOR_MS);
      assert.deepEqual(await nodes.list(), [row("a:1")]);
    });

    test("stay when they were put there, whether they announce themselves or not", async (t) => {
      const { nodes } = await open(t);
      await nodes.put(row("a:1"));
      await nodes.announce("a:1", false, 0);
      await nodes.withdraw("a:1");
      assert.deepEqual(await nodes.list(), [row("a:1")]);
    });

    test("go when they withdraw their announcement", async (t) => {
      const { nodes } = await open(t);
      await nodes.announce("a:1", false, FOR_MS);
      await nodes.announce("b:1", false, FOR_MS);
      await nodes.withdraw("a:1");
      assert.deepEqual(await nodes.list(), [row("b:1")]);
    });

    test("may all announce themselves at the same time", async (t) => {
      const { nodes } = await open(t);
      const names = Array.from({ length: 10 }, (_, i) => `node-${i}:1`);
      await Promise.all(names.map((name) => nodes.announce(name, false, FOR_MS)));
      assert.deepEqual(
        (await nodes.list()).map(({ name }) => name),
        names,
      );
    });

    test("do not move the count of changes: caches of routes need not care", async (t) => {
      const store: Store = await open(t);
      const before = await store.changeCount();
      await store.nodes.put(row("a:1"));
      await store.nodes.announce("b:1", false, FOR_MS);
      assert.equal(await store.changeCount(), before);
    });
  });
}

function row(name: string, more: Partial<NodeRow> = {}): NodeRow {
  return { name, weight: 1, isDraining: false, ...more };
}
