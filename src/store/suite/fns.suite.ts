import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Fn } from "../../model/fn.ts";
import type { Store } from "../store.ts";
import { sampleApp, sampleFn, sampleTrigger } from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

const app = sampleApp("demo");
const other = sampleApp("other");

export function fnsSuite(openEmpty: OpenEmpty): void {
  /** A store with two apps. */
  const open: OpenEmpty = async (t) => {
    const store = await openEmpty(t);
    await store.apps.insert(app);
    await store.apps.insert(other);
    return store;
  };

  describe("fns", () => {
    test("a fn comes back as it was stored, with its app", async (t) => {
      const { fns } = await open(t);
      const fn = sampleFn(app, "hello", {
        image: "test/other:1",
        format: "http-stream",
        type: "async",
        memoryMib: 64,
        cpusMilli: 500,
        timeoutS: 300,
        idleTimeoutS: 1,
        config: { A: "1" },
        secrets: { B: "sealed" },
        annotations: { "a/b": [1, { c: null }], d: "\u{1f600}" },
        shape: "GENERIC_ARM",
        retries: 3,
        retryDelayS: 0,
      });
      await fns.insert(fn);
      assert.deepEqual(await fns.get(fn.id), { app, fn });
    });

    test("a fn that is not there is undefined", async (t) => {
      const { fns } = await open(t);
      assert.equal(await fns.get("none"), undefined);
    });

    test("a fn of an app that is not there is refused", async (t) => {
      const { fns } = await open(t);
      await assert.rejects(fns.insert(sampleFn(sampleApp("none"), "hello")), refusal("app_not_found"));
    });

    test("a name is taken once in an app: the second fn is refused, the first stays", async (t) => {
      const { fns } = await open(t);
      const first = sampleFn(app, "hello");
      await fns.insert(first);
      const second = sampleFn(app, "hello", { id: "second", image: "test/other" });
      await assert.rejects(fns.insert(second), refusal("fn_exists"));
      assert.deepEqual(await fns.list(app.id, { limit: 2 }), [first]);
    });

    test("another app may have a fn of the same name", async (t) => {
      const { fns } = await open(t);
      for (const each of [app, other]) await fns.insert(sampleFn(each, "hello"));
      assert.deepEqual(await fns.list(other.id, { limit: 2 }), [sampleFn(other, "hello")]);
    });

    describe("listing", () => {
      test("goes by name, ascending, byte by byte, and keeps to the app", async (t) => {
        const { fns } = await open(t);
        await insertAll(fns, ["b", "~", "a", "B", "/a", "a1"]);
        await fns.insert(sampleFn(other, "c"));
        assert.deepEqual(await namesOf(fns.list(app.id, { limit: 9 })), ["/a", "B", "a", "a1", "b", "~"]);
      });

      test("gives at most as many as asked, those after the name given", async (t) => {
        const { fns } = await open(t);
        await insertAll(fns, ["a", "b", "c", "d"]);
        assert.deepEqual(await namesOf(fns.list(app.id, { limit: 2 })), ["a", "b"]);
        assert.deepEqual(await namesOf(fns.list(app.id, { after: "b", limit: 2 })), ["c", "d"]);
        assert.deepEqual(await namesOf(fns.list(app.id, { after: "d", limit: 2 })), []);
      });

      test("can be narrowed to one name", async (t) => {
        const { fns } = await open(t);
        await insertAll(fns, ["a", "ab"]);
        assert.deepEqual(await namesOf(fns.list(app.id, { limit: 2, name: "a" })), ["a"]);
        assert.deepEqual(await namesOf(fns.list(app.id, { limit: 2, name: "a", after: "a" })), []);
      });
    });

    describe("updating", () => {
      test("stores what the change makes of the fn, and gives it back", async (t) => {
        const { fns } = await open(t);
        const fn = sampleFn(app, "hello");
        await fns.insert(fn);
        const change = {
          image: "test/other",
          secrets: { A: "x" },
          shape: "GENERIC_X86",
          updatedAtMs: 7,
        } as const;
        assert.deepEqual(await fns.update(fn.id, (old) => ({ ...old, ...change })), { ...fn, ...change });
        assert.deepEqual(await fns.get(fn.id), { app, fn: { ...fn, ...change } });
      });

      test("changes no id, app, name or time of creation", async (t) => {
        const { fns } = await open(t);
        const fn = sampleFn(app, "hello");
        await fns.insert(fn);
        const identity = { id: "x", appId: other.id, name: "y", createdAtMs: 0 };
        assert.deepEqual(await fns.update(fn.id, (old) => ({ ...old, ...identity })), fn);
        assert.deepEqual(await fns.get(fn.id), { app, fn });
      });

      test("a fn that is not there is refused", async (t) => {
        const { fns } = await open(t);
        await assert.rejects(
          fns.update("none", (fn) => fn),
          refusal("fn_not_found"),
        );
      });
    });

    describe("removing", () => {
      test("takes the fn with its triggers, and leaves others", async (t) => {
        const { fns, triggers } = await open(t);
        const [gone, kept] = [sampleFn(app, "gone"), sampleFn(app, "kept")];
        for (const fn of [gone, kept]) {
          await fns.insert(fn);
          await triggers.insert(sampleTrigger(fn, `/${fn.name}`));
        }
        await fns.remove(gone.id);
        assert.deepEqual(await fns.list(app.id, { limit: 2 }), [kept]);
        assert.deepEqual(await triggers.list(app.id, { limit: 2 }), [sampleTrigger(kept, "/kept")]);
      });

      test("a fn that is not there is refused", async (t) => {
        const { fns } = await open(t);
        await assert.rejects(fns.remove("none"), refusal("fn_not_found"));
      });
    });
  });
}

async function insertAll(fns: Store["fns"], names: readonly string[]): Promise<void> {
  for (const name of names) await fns.insert(sampleFn(app, name));
}

async function namesOf(fns: Promise<readonly Fn[]>): Promise<string[]> {
  return (await fns).map(({ name }) => name);
}
