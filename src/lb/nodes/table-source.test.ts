import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../../model/errors.ts";
import type { ListedNode } from "./source.ts";
import { node, sourceRig } from "./source-rig.suite.ts";
import { TableSource } from "./table-source.ts";

describe("the nodes of a table", () => {
  test("are told at the start, and again after the interval when they have changed", async () => {
    const { source, onNodes, told, rows, clock } = tableRig("a:1");
    await source.start(onNodes);
    rows.set("b:1", node("b:1"));
    await clock.advance(1000);
    assert.deepEqual(told, [["a:1"], ["a:1", "b:1"]]);
  });

  test("can be added and removed, and that is told before it is done", async () => {
    const { source, onNodes, told, rows } = tableRig("a:1");
    await source.start(onNodes);
    await source.add(node("b:1", { weight: 2 }));
    await source.remove("a:1");
    assert.deepEqual(told, [["a:1"], ["a:1", "b:1"], ["b:1"]]);
    assert.deepEqual([...rows.values()], [node("b:1", { weight: 2 })]);
  });

  test("keep one that is added while the table is being read", async () => {
    const { source, onNodes, told, clock, holdReads } = tableRig("a:1");
    await source.start(onNodes);
    const release = holdReads();
    await clock.advance(1000);
    await source.add(node("b:1"));
    release();
    await clock.advance(0);
    assert.deepEqual(told, [["a:1"], ["a:1", "b:1"]]);
  });

  test("are not stored under a name that is none", async () => {
    const { source, onNodes, rows } = tableRig("a:1");
    await source.start(onNodes);
    await assert.rejects(
      source.add(node("nobody")),
      (error) => error instanceof FnError && error.code === "node_name_invalid",
    );
    assert.deepEqual([...rows.keys()], ["a:1"]);
  });

  test("are those of the rows that are nodes; of another the log tells once", async () => {
    const { source, onNodes, told, rows, clock, messages } = tableRig("a:1");
    rows.set("not a host!", node("not a host!"));
    rows.set("b:1", node("b:1", { weight: 0 }));
    await source.start(onNodes);
    await clock.advance(5000);
    assert.deepEqual(told, [["a:1"]]);
    assert.equal(messages.length, 2);
  });

  test("stay as they were while the table cannot be read, which is said once", async () => {
    const { source, onNodes, told, clock, messages, fail } = tableRig("a:1");
    await source.start(onNodes);
    fail(true);
    await clock.advance(5000);
    assert.deepEqual([told.length, messages.length], [1, 1]);
    fail(false);
    await clock.advance(1000);
    assert.deepEqual([told.length, messages.length], [1, 2]);
  });

  test("are kept for half a minute when all have gone at once, and the log says so", async () => {
    const { source, onNodes, told, rows, clock, messages } = tableRig("a:1");
    await source.start(onNodes);
    rows.clear();
    await clock.advance(30_000);
    assert.deepEqual([told.length, messages.length], [1, 1]);
    await clock.advance(1000);
    assert.deepEqual(told, [["a:1"], []]);
  });

  test("are kept half a minute anew when they had come back meanwhile", async () => {
    const { source, onNodes, told, rows, clock } = tableRig("a:1");
    await source.start(onNodes);
    rows.clear();
    await clock.advance(20_000);
    rows.set("a:1", node("a:1"));
    await clock.advance(1000);
    rows.clear();
    await clock.advance(20_000);
    assert.deepEqual(told, [["a:1"]]);
  });

  test("go at once when it is this balancer that removes the last one", async () => {
    const { source, onNodes, told } = tableRig("a:1");
    await source.start(onNodes);
    await source.remove("a:1");
    assert.deepEqual(told, [["a:1"], []]);
  });

  test("must be readable at the start", async () => {
    const { source, onNodes, clock, fail } = tableRig();
    fail(true);
    await assert.rejects(source.start(onNodes));
    assert.equal(clock.pending, 0);
  });

  test("are not read after a stop", async () => {
    const { source, onNodes, clock } = tableRig();
    await source.start(onNodes);
    await source.stop();
    assert.equal(clock.pending, 0);
  });
});

function tableRig(...names: readonly string[]) {
  const rig = sourceRig();
  const rows = new Map<string, ListedNode>(names.map((name) => [name, node(name)]));
  let isFailing = false;
  let held: Promise<void> | undefined;
  const table = {
    async list() {
      if (isFailing) throw new FnError("store_unavailable");
      const read = [...rows.values()];
      await held;
      return read;
    },
    put: async (row: ListedNode) => void rows.set(row.name, row),
    remove: async (name: string) => void rows.delete(name),
  };
  const { clock, log } = rig;
  return {
    ...rig,
    rows,
    source: new TableSource({ table, intervalMs: 1000, clock, log }),
    fail(fails: boolean) {
      isFailing = fails;
    },
    /** What is read from now on is told when the result is called. */
    holdReads() {
      const hold = Promise.withResolvers<void>();
      held = hold.promise;
      return hold.resolve;
    },
  };
}
