import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { aloneLink } from "../workers/link.ts";
import { mergeSources } from "./merged-source.ts";
import type { ListedNode, NodeSource } from "./source.ts";
import { node, sourceRig } from "./source-rig.suite.ts";
import { ToldSource } from "./told-source.ts";

/** One that nodes can be added to. */
function flagSource(...names: string[]): NodeSource {
  return new ToldSource({ names, link: aloneLink(), clock: new FakeClock() });
}

describe("several sources as one", () => {
  test("tell the nodes of all, once each has told its own", async () => {
    const { told, onNodes } = sourceRig();
    const [file, dns] = [new ScriptedSource("file:x"), new ScriptedSource("dns:y")];
    const started = mergeSources([file, dns]).start(onNodes);
    dns.tell([node("b:1")]);
    assert.deepEqual(told, []);
    file.tell([node("a:1")]);
    await started;
    dns.tell([node("c:1")]);
    assert.deepEqual(told, [
      ["a:1", "b:1"],
      ["a:1", "c:1"],
    ]);
  });

  test("have the names of all", () => {
    const merged = mergeSources([flagSource(), new ScriptedSource("dns:y")]);
    assert.equal(merged.name, "flags, dns:y");
  });

  test("take the first one's word for a node, but for draining, where one is enough", async () => {
    const { lists, onNodes } = sourceRig();
    const [one, other] = [new ScriptedSource("one"), new ScriptedSource("other")];
    void mergeSources([one, other]).start(onNodes);
    one.tell([node("a:1", { weight: 2 })]);
    other.tell([node("a:1", { weight: 3, isDraining: true })]);
    assert.deepEqual(lists, [[node("a:1", { weight: 2, isDraining: true })]]);
  });

  test("add to the first that takes nodes, and remove from all that can", async () => {
    const { told, onNodes } = sourceRig();
    const [flags, table] = [flagSource("a:1"), flagSource("a:1", "b:1")];
    const fixed = new ScriptedSource("dns:y");
    const merged = mergeSources([fixed, flags, table]);
    const started = merged.start(onNodes);
    fixed.tell([]);
    await started;
    await merged.add?.(node("c:1"));
    await merged.remove?.("a:1");
    assert.deepEqual(told.at(-1), ["b:1", "c:1"]);
    await table.remove?.("c:1");
    assert.deepEqual(told.at(-1), ["b:1", "c:1"], "it is in the flags");
  });

  test("take no node when none of them does", () => {
    const merged = mergeSources([new ScriptedSource("one"), new ScriptedSource("other")]);
    assert.deepEqual([merged.add, merged.remove], [undefined, undefined]);
  });

  test("cannot be begun when one cannot, and then all are stopped", async () => {
    const [one, other] = [new ScriptedSource("one"), new ScriptedSource("other")];
    const refused = assert.rejects(
      mergeSources([one, other]).start(() => {}),
      /no such file/,
    );
    other.fail(new Error("no such file"));
    await refused;
    assert.deepEqual([one.isStopped, other.isStopped], [true, true]);
  });

  test("are the one itself when there is one", () => {
    const source = flagSource();
    assert.equal(mergeSources([source]), source);
  });

  test("tell an empty list when there are none", async () => {
    const { told, onNodes } = sourceRig();
    await mergeSources([]).start(onNodes);
    assert.deepEqual(told, [[]]);
  });
});

/** Tells what the test says. */
class ScriptedSource implements NodeSource {
  readonly name: string;
  isStopped = false;
  readonly #started = Promise.withResolvers<void>();
  #onNodes: (nodes: readonly ListedNode[]) => void = () => {};

  constructor(name: string) {
    this.name = name;
  }

  start(onNodes: (nodes: readonly ListedNode[]) => void): Promise<void> {
    this.#onNodes = onNodes;
    return this.#started.promise;
  }

  tell(nodes: readonly ListedNode[]): void {
    this.#onNodes(nodes);
    this.#started.resolve();
  }

  fail(reason: Error): void {
    this.#started.reject(reason);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}
