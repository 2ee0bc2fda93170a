import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Trigger, triggerPlaceText } from "../../model/trigger.ts";
import type { Store } from "../store.ts";
import { sampleApp, sampleFn, sampleTrigger } from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

const app = sampleApp("demo");
const fn = sampleFn(app, "hello");
const other = sampleApp("other");
const foreign = sampleFn(other, "hello");

export function triggersSuite(openEmpty: OpenEmpty): void {
  /** A store with two apps of one fn each. */
  const open: OpenEmpty = async (t) => {
    const store = await openEmpty(t);
    for (const each of [app, other]) await store.apps.insert(each);
    for (const each of [fn, foreign]) await store.fns.insert(each);
    return store;
  };

  describe("triggers", () => {
    test("a trigger comes back as it was stored", async (t) => {
      const { triggers } = await open(t);
      const more = { name: "über", headers: { "X-A": ["1", ""] }, annotations: { a: [null] } };
      const trigger = sampleTrigger(fn, "/hello", more);
      await triggers.insert(trigger);
      assert.deepEqual(await triggers.get(trigger.id), trigger);
    });

    test("a trigger that is not there is undefined", async (t) => {
      const { triggers } = await open(t);
      assert.equal(await triggers.get("none"), undefined);
    });

    test("a trigger of an app that is not there is refused", async (t) => {
      const { triggers } = await open(t);
      const lost = sampleTrigger(fn, "/hello", { appId: "none" });
      await assert.rejects(triggers.insert(lost), refusal("app_not_found"));
    });

    test("a trigger of a fn that is not there, or is of another app, is refused", async (t) => {
      const { triggers } = await open(t);
      for (const fnId of ["none", foreign.id]) {
        await assert.rejects(triggers.insert(sampleTrigger(fn, "/hello", { fnId })), refusal("fn_not_found"));
      }
    });

    test("a source is taken once in an app: the second trigger is refused, the first stays", async (t) => {
      const { triggers } = await open(t);
      await triggers.insert(sampleTrigger(fn, "/hello"));
      const second = sampleTrigger(fn, "/hello", { id: "second", name: "second" });
      await assert.rejects(triggers.insert(second), refusal("trigger_exists"));
      assert.deepEqual(await triggers.list(app.id, { limit: 2 }), [sampleTrigger(fn, "/hello")]);
    });

    test("another app may have the same source", async (t) => {
      const { triggers } = await open(t);
      for (const each of [fn, foreign]) await triggers.insert(sampleTrigger(each, "/hello"));
      assert.deepEqual(await triggers.list(other.id, { limit: 2 }), [sampleTrigger(foreign, "/hello")]);
    });

    describe("listing", () => {
      /** Ids and names go apart on purpose; two have one name. */
      const listed = async (store: Store, page: Partial<Parameters<Store["triggers"]["list"]>[1]>) => {
        const second = sampleFn(app, "second");
        await store.fns.insert(second);
        await store.triggers.insert(sampleTrigger(second, "/1", { id: "4", name: "a" }));
        await store.triggers.insert(sampleTrigger(fn, "/2", { id: "3", name: "b" }));
        await store.triggers.insert(sampleTrigger(fn, "/3", { id: "1", name: "c" }));
        await store.triggers.insert(sampleTrigger(second, "/4", { id: "2", name: "b" }));
        await store.triggers.insert(sampleTrigger(foreign, "/5", { id: "5", name: "b" }));
        return idsOf(await store.triggers.list(app.id, { limit: 9, ...page }));
      };

      test("goes by name and then by id, and keeps to the app", async (t) => {
        assert.deepEqual(await listed(await open(t), {}), ["4", "2", "3", "1"]);
      });

      test("gives at most as many as asked", async (t) => {
        assert.deepEqual(await listed(await open(t), { limit: 2 }), ["4", "2"]);
      });

      test("goes on within one name when its place has an id", async (t) => {
        const after = triggerPlaceText({ name: "b", id: "2" });
        assert.deepEqual(await listed(await open(t), { after, limit: 2 }), ["3", "1"]);
      });

      test("goes on behind a name when its place is that alone", async (t) => {
        assert.deepEqual(await listed(await open(t), { after: "b" }), ["1"]);
      });

      test("can be narrowed to one name", async (t) => {
        assert.deepEqual(await listed(await open(t), { name: "b" }), ["2", "3"]);
      });

      test("can be narrowed to one fn", async (t) => {
        assert.deepEqual(await listed(await open(t), { fnId: fn.id }), ["3", "1"]);
      });
    });

    describe("updating", () => {
      test("stores what the change makes of the trigger, and gives it back", async (t) => {
        const { triggers } = await open(t);
        const trigger = sampleTrigger(fn, "/hello");
        await triggers.insert(trigger);
        const change = {
          name: "new",
          source: "/new",
          headers: { A: ["1"] },
          annotations: { b: 2 },
          updatedAtMs: 7,
        };
        const changed = { ...trigger, ...change };
        assert.deepEqual(await triggers.update(trigger.id, (old) => ({ ...old, ...change })), changed);
        assert.deepEqual(await triggers.get(trigger.id), changed);
      });

      test("changes no id, app or time of creation", async (t) => {
        const { triggers } = await open(t);
        const trigger = sampleTrigger(fn, "/hello");
        await triggers.insert(trigger);
        const identity = { id: "x", appId: other.id, createdAtMs: 0 };
        assert.deepEqual(await triggers.update(trigger.id, (old) => ({ ...old, ...identity })), trigger);
        assert.deepEqual(await triggers.get(trigger.id), trigger);
      });

      test("may lead to another fn of the app, and to none of another app", async (t) => {
        const { fns, triggers } = await open(t);
        const trigger = sampleTrigger(fn, "/hello");
        const next = sampleFn(app, "next");
        await fns.insert(next);
        await triggers.insert(trigger);
        const leadTo = (fnId: string) => triggers.update(trigger.id, (old) => ({ ...old, fnId }));
        assert.deepEqual(await leadTo(next.id), { ...trigger, fnId: next.id });
        for (const fnId of ["none", foreign.id]) {
          await assert.rejects(leadTo(fnId), refusal("fn_not_found"));
        }
        assert.equal((await triggers.get(trigger.id))?.fnId, next.id);
      });

      test("a source that another trigger has is refused, and nothing changes", async (t) => {
        const { triggers } = await open(t);
        const trigger = sampleTrigger(fn, "/one");
        await triggers.insert(trigger);
        await triggers.insert(sampleTrigger(fn, "/two"));
        await assert.rejects(
          triggers.update(trigger.id, (old) => ({ ...old, name: "new", source: "/two" })),
          refusal("trigger_exists"),
        );
        assert.deepEqual(await triggers.get(trigger.id), trigger);
      });

      test("a trigger that is not there is refused", async (t) => {
        const { triggers } = await open(t);
        await assert.rejects(
          triggers.update("none", (trigger) => trigger),
          refusal("trigger_not_found"),
        );
      });
    });

    describe("removing", () => {
      test("takes the trigger, and leaves its fn", async (t) => {
        const { fns, triggers } = await open(t);
        const trigger = sampleTrigger(fn, "/hello");
        await triggers.insert(trigger);
        await triggers.remove(trigger.id);
        assert.equal(await triggers.get(trigger.id), undefined);
        assert.deepEqual(await fns.get(fn.id), { app, fn });
      });

      test("a trigger that is not there is refused", async (t) => {
        const { triggers } = await open(t);
        await assert.rejects(triggers.remove("none"), refusal("trigger_not_found"));
      });
    });
  });
}

function idsOf(triggers: readonly Trigger[]): string[] {
  return triggers.map(({ id }) => id);
}
