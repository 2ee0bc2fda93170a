import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Call } from "../../model/call.ts";
import type { CallFilter, Store } from "../store.ts";
import { sampleCall, sampleRecord } from "./samples.suite.ts";
import type { OpenEmpty } from "./test-store.suite.ts";

export function callsSuite(open: OpenEmpty): void {
  describe("calls", () => {
    test("a call comes back as it was stored", async (t) => {
      const { calls } = await open(t);
      const call = sampleCall("call-1", { status: "error", error: "container exit code 1" });
      await calls.insert([{ call, log: "" }]);
      assert.deepEqual(await calls.get("demo", "call-1"), call);
    });

    test("a call that never started, and one without an error, come back so", async (t) => {
      const { calls } = await open(t);
      const call = sampleCall("call-1", { status: "timeout", startedAtMs: undefined, error: undefined });
      await calls.insert([{ call, log: "" }]);
      assert.deepEqual(await calls.get("demo", "call-1"), call);
    });

    test("a log comes back as it was stored, whatever characters it has", async (t) => {
      const { calls } = await open(t);
      const log = "one\ntwo\r\n\u0000\u001b[1m'\"\\ \ufffd \u{1f600}\n";
      await calls.insert([sampleRecord("call-1", {}, log)]);
      assert.equal(await calls.log("demo", "call-1"), log);
    });

    test("an empty log is empty, and not missing", async (t) => {
      const { calls } = await open(t);
      await calls.insert([sampleRecord("call-1", {}, "")]);
      assert.equal(await calls.log("demo", "call-1"), "");
    });

    test("a call that is not there is undefined, and so is its log", async (t) => {
      const { calls } = await open(t);
      assert.equal(await calls.get("demo", "call-1"), undefined);
      assert.equal(await calls.log("demo", "call-1"), undefined);
    });

    test("a call is not found under the name of another app, nor is its log", async (t) => {
      const { apps, calls } = await open(t);
      await apps.insert({ id: "other", name: "other", config: {}, createdAtMs: 0, updatedAtMs: 0 });
      await calls.insert([sampleRecord("call-1", {}, "a line")]);
      assert.equal(await calls.get("other", "call-1"), undefined);
      assert.equal(await calls.log("other", "call-1"), undefined);
    });

    test("a call of an app that is gone is stored: it ended late, and the rest of its batch is good", async (t) => {
      const { calls } = await open(t);
      await calls.insert([sampleRecord("call-1", { appName: "gone" })]);
      assert.equal((await calls.get("gone", "call-1"))?.id, "call-1");
    });

    describe("storing many", () => {
      test("stores all of them, with their logs", async (t) => {
        const { calls } = await open(t);
        const ids = Array.from({ length: 1234 }, (_, i) => `call-${String(i).padStart(4, "0")}`);
        await calls.insert(ids.map((id) => sampleRecord(id, {}, `log of ${id}`)));
        const stored = await calls.list("demo", { limit: ids.length + 1 });
        assert.deepEqual(
          stored.map(({ id }) => id),
          ids.toReversed(),
        );
        assert.equal(await calls.log("demo", "call-0000"), "log of call-0000");
        assert.equal(await calls.log("demo", "call-1233"), "log of call-1233");
      });

      test("stores none of them when one cannot be stored", async (t) => {
        const { calls } = await open(t);
        const records = Array.from({ length: 300 }, (_, i) => sampleRecord(`call-${i}`));
        await assert.rejects(calls.insert([...records, sampleRecord("bad", { completedAtMs: Number.NaN })]));
        assert.deepEqual(await calls.list("demo", { limit: 1 }), []);
      });

      test("a call that is there already stays as it is, with its log; the others are stored", async (t) => {
        const { calls } = await open(t);
        await calls.insert([sampleRecord("call-1", { path: "/first" }, "first")]);
        await calls.insert([
          sampleRecord("call-1", { path: "/second" }, "second"),
          sampleRecord("call-2", { path: "/second" }, "second"),
          sampleRecord("call-2", { path: "/third" }, "third"),
        ]);
        const stored = await calls.list("demo", { limit: 3 });
        assert.deepEqual(
          stored.map(({ path }) => path),
          ["/second", "/first"],
        );
        assert.equal(await calls.log("demo", "call-1"), "first");
        assert.equal(await calls.log("demo", "call-2"), "second");
      });

      test("none at all is fine", async (t) => {
        const { calls } = await open(t);
        await calls.insert([]);
        assert.deepEqual(await calls.list("demo", { limit: 1 }), []);
      });
    });

    describe("listing", () => {
      /** Four calls of `demo` and one of another app; ids and times go apart on purpose. */
      const listed = async (store: Store, filter: Partial<CallFilter>) => {
        await store.calls.insert([
          sampleRecord("1", { createdAtMs: 400, path: "/a" }),
          sampleRecord("2", { createdAtMs: 300, path: "/b" }),
          sampleRecord("3", { createdAtMs: 200, path: "/a" }),
          sampleRecord("4", { createdAtMs: 100, path: "/a" }),
          sampleRecord("5", { createdAtMs: 200, path: "/a", appName: "other" }),
        ]);
        return idsOf(await store.calls.list("demo", { limit: 10, ...filter }));
      };

      test("goes by id, descending, and keeps to the app", async (t) => {
        assert.deepEqual(await listed(await open(t), {}), ["4", "3", "2", "1"]);
      });

      test("gives whole calls", async (t) => {
        const { calls } = await open(t);
        await calls.insert([sampleRecord("call-1")]);
        assert.deepEqual(await calls.list("demo", { limit: 1 }), [sampleCall("call-1")]);
      });

      test("gives at most as many as asked, those after the id given", async (t) => {
        assert.deepEqual(await listed(await open(t), { after: "4", limit: 2 }), ["3", "2"]);
        assert.deepEqual(await listed(await open(t), { after: "1", limit: 2 }), []);
      });

      test("can be narrowed to one path", async (t) => {
        assert.deepEqual(await listed(await open(t), { path: "/a" }), ["4", "3", "1"]);
        assert.deepEqual(await listed(await open(t), { path: "a" }), []);
      });

      test("can be narrowed to calls created later than a time, and not at it", async (t) => {
        assert.deepEqual(await listed(await open(t), { createdAfterMs: 200 }), ["2", "1"]);
      });

      test("can be narrowed to calls created earlier than a time, and not at it", async (t) => {
        assert.deepEqual(await listed(await open(t), { createdBeforeMs: 300 }), ["4", "3"]);
      });

      test("all filters hold together, and the limit counts what passes them", async (t) => {
        const filter = { path: "/a", createdAfterMs: 100, createdBeforeMs: 500, after: "4", limit: 2 };
        assert.deepEqual(await listed(await open(t), filter), ["3", "1"]);
      });

      test("of an app without calls, or of none, is empty", async (t) => {
        const { calls } = await open(t);
        assert.deepEqual(await calls.list("demo", { limit: 1 }), []);
      });
    });
  });
}

function idsOf(calls: readonly Call[]): string[] {
  return calls.map(({ id }) => id);
}
