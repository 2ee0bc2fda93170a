import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { systemClock } from "../../clock/clock.ts";
import { FileSource } from "./file-source.ts";
import { sourceRig } from "./source-rig.suite.ts";

describe("the nodes of a file", () => {
  test("are told at the start", async (t) => {
    const { source, told, onNodes } = fileRig(t, "b:1\na:1\n");
    await source.start(onNodes);
    assert.deepEqual(told, [["a:1", "b:1"]]);
  });

  test("must be readable at the start", async (t) => {
    const missing = fileRig(t, undefined);
    await assert.rejects(missing.source.start(missing.onNodes));
    const broken = fileRig(t, "nobody");
    await assert.rejects(broken.source.start(broken.onNodes));
    assert.equal(broken.clock.pending, 0);
  });

  test("are told again when somebody writes the file", async (t) => {
    const { source, told, onNodes, write, toldTimes } = fileRig(t, "a:1\n", { watches: true });
    await source.start(onNodes);
    write("a:1\nb:1\n");
    await toldTimes(2);
    assert.deepEqual(told[1], ["a:1", "b:1"]);
  });

  test("are told again when another file takes its place", async (t) => {
    const { source, told, onNodes, replace, toldTimes } = fileRig(t, "a:1\n", { watches: true });
    await source.start(onNodes);
    replace("b:1\n");
    await toldTimes(2);
    replace("c:1\n");
    await toldTimes(3);
    assert.deepEqual(told, [["a:1"], ["b:1"], ["c:1"]]);
  });

  test("are looked at now and then, where nobody tells of changes", async (t) => {
    const { source, told, onNodes, clock, write, toldTimes } = fileRig(t, "a:1\n");
    await source.start(onNodes);
    write("b:1\n");
    const again = toldTimes(2);
    await clock.advance(10_000);
    await again;
    assert.deepEqual(told[1], ["b:1"]);
  });

  test("stay as they were while the file is broken, and the log says why", async (t) => {
    const { source, told, onNodes, write, toldTimes, firstError } = fileRig(t, "a:1\n", { watches: true });
    await source.start(onNodes);
    write("a:1\nnobody\n");
    await firstError;
    write("b:1\n");
    await toldTimes(2);
    assert.deepEqual(told, [["a:1"], ["b:1"]]);
  });

  test("leave nothing behind after a stop", async (t) => {
    const { source, onNodes, clock } = fileRig(t, "a:1\n");
    await source.start(onNodes);
    await source.stop();
    assert.equal(clock.pending, 0);
  });
});

/** A source over a file of the test's own. `watches` gives it the real time, for real events of the file system. */
function fileRig(t: TestContext, text: string | undefined, { watches = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "nodes-"));
  const path = join(folder, "nodes");
  if (text !== undefined) writeFileSync(path, text);
  const rig = sourceRig();
  const first = Promise.withResolvers<void>();
  rig.log.error = () => first.resolve();
  const source = new FileSource({ path, clock: watches ? systemClock : rig.clock, log: rig.log });
  t.after(async () => {
    await source.stop();
    rmSync(folder, { recursive: true });
  });
  return {
    ...rig,
    source,
    /** Resolves with the first error in the log. */
    firstError: first.promise,
    write: (next: string) => writeFileSync(path, next),
    replace(next: string) {
      writeFileSync(`${path}.new`, next);
      renameSync(`${path}.new`, path);
    },
  };
}
