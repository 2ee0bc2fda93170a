import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idStartAt } from "../../clock/ids.ts";
import type { Call } from "../../model/call.ts";
import type { CallFilter, Store } from "../store.ts";
import { sampleApp, sampleCall, sampleRecord } from "./samples.suite.ts";
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

    test("a call that nobody waits for comes back with its attempts, and one that is not over as such", async (t) => {
      const { calls } = await open(t);
      const running = { status: "running", attempts: 1, isDead: false, completedAtMs: undefined } as const;
      const dead = { status: "error", error: "it failed", attempts: 3, isDead: true } as const;
      await calls.insert([sampleRecord("call-1", running), sampleRecord("call-2", dead)]);
      assert.deepEqual(await calls.get("demo", "call-1"), sampleCall("call-1", running));
      assert.deepEqual(await calls.get("demo", "call-2"), sampleCall("call-2", dead));
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
      await apps.insert(sampleApp("other"));
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
        await assert.rejects(calls.insert([...records, sampleRecord("bad", { createdAtMs: Number.NaN })]));
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
      /** Four calls of `demo` and one of another app. Ids and times go apart, as far as they may. */
      const listed = async (store: Store, { after, ...filter }: Partial<CallFilter>) => {
        const idOf = (end: string) => idStartAt(250) + end;
        await store.calls.insert([
          sampleRecord(idOf("1"), { createdAtMs: 400, path: "/a", status: "timeout" }),
          sampleRecord(idOf("2"), {
            createdAtMs: 300,
            path: "/b",
            status: "error",
            attempts: 2,
            isDead: true,
          }),
          sampleRecord(idOf("3"), { createdAtMs: 200, path: "/a", status: "error" }),
          sampleRecord(idOf("4"), { createdAtMs: 100, path: "/a", status: "success" }),
          sampleRecord(idOf("5"), { createdAtMs: 200, path: "/a", appName: "other" }),
        ]);
        const page = { limit: 10, ...(after !== undefined && { after: idOf(after) }) };
        const calls = await store.calls.list("demo", { ...page, ...filter });
        return calls.map(({ id }) => id.at(-1));
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

      test("can be narrowed to one status", async (t) => {
        assert.deepEqual(await listed(await open(t), { status: "error" }), ["3", "2"]);
        assert.deepEqual(await listed(await open(t), { status: "queued" }), []);
      });

      test("can be narrowed to one path and one status", async (t) => {
        assert.deepEqual(await listed(await open(t), { path: "/a", status: "error" }), ["3"]);
      });

      test("can be narrowed to those that are dead", async (t) => {
        assert.deepEqual(await listed(await open(t), { isDead: true }), ["2"]);
        assert.deepEqual(await listed(await open(t), { isDead: true, path: "/a" }), []);
        assert.deepEqual(await listed(await open(t), { isDead: true, status: "error" }), ["2"]);
      });

      test("finds calls by their time among others that are years away", async (t) => {
        const { calls } = await open(t);
        const years = ["2018", "2020", "2022"].map((year) => Date.parse(`${year}-01-22T10:00:00Z`));
        await calls.insert(years.map((createdAtMs) => sampleRecord(idStartAt(createdAtMs), { createdAtMs })));
        const [oldest = 0, middle = 0, newest = 0] = years;
        const between = { limit: 10, createdAfterMs: oldest, createdBeforeMs: newest };
        assert.deepEqual(idsOf(await calls.list("demo", between)), [idStartAt(middle)]);
        const whenever = { limit: 10, createdAfterMs: 0, createdBeforeMs: 2 ** 52 };
        assert.equal((await calls.list("demo", whenever)).length, 3);
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
