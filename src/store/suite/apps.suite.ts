import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sampleApp, sampleRecord, sampleRoute } from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

export function appsSuite(open: OpenEmpty): void {
  describe("apps", () => {
    test("an app comes back as it was stored", async (t) => {
      const { apps } = await open(t);
      const app = sampleApp("demo", {
        config: { GREETING: "Grüß Gott" },
        secrets: { PASSWORD: "sealed" },
        annotations: { "a/b": [1, { c: null }] },
        syslogUrl: "tcp://log:514",
        shape: "GENERIC_X86_ARM",
        createdAtMs: 1,
        updatedAtMs: 2,
      });
      await apps.insert(app);
      assert.deepEqual(await apps.get({ name: "demo" }), app);
    });

    test("an app that is not there is undefined", async (t) => {
      const { apps } = await open(t);
      assert.equal(await apps.get({ name: "demo" }), undefined);
    });

    test("an app is found, changed and removed by its id, too", async (t) => {
      const { apps } = await open(t);
      const app = sampleApp("demo");
      await apps.insert(app);
      assert.deepEqual(await apps.get({ id: app.id }), app);
      const changed = await apps.update({ id: app.id }, (old) => ({ ...old, syslogUrl: "udp://log:514" }));
      assert.deepEqual(await apps.get({ name: "demo" }), changed);
      await apps.remove({ id: app.id });
      assert.equal(await apps.get({ id: app.id }), undefined);
    });

    test("names differ by case", async (t) => {
      const { apps } = await open(t);
      await apps.insert(sampleApp("demo"));
      assert.equal(await apps.get({ name: "Demo" }), undefined);
    });

    test("a config keeps every key and value as it is", async (t) => {
      const { apps } = await open(t);
      const config = Object.fromEntries([
        ["", ""],
        ["__proto__", "x"],
        ['"', "\u0000\n\u{1f600}"],
      ]);
      await apps.insert(sampleApp("demo", { config }));
      assert.deepEqual((await apps.get({ name: "demo" }))?.config, config);
    });

    test("a name is taken once: the second app is refused and the first stays as it was", async (t) => {
      const { apps } = await open(t);
      const first = sampleApp("demo", { config: { A: "1" } });
      await apps.insert(first);
      await assert.rejects(apps.insert(sampleApp("demo", { id: "other" })), refusal("app_exists"));
      assert.deepEqual(await apps.get({ name: "demo" }), first);
    });

    describe("listing", () => {
      test("goes by name, ascending, byte by byte", async (t) => {
        const { apps } = await open(t);
        for (const name of ["b", "_", "a", "-", "B", "a1", "0"]) await apps.insert(sampleApp(name));
        assert.deepEqual(
          (await apps.list({ limit: 100 })).map(({ name }) => name),
          ["-", "0", "B", "_", "a", "a1", "b"],
        );
      });

      test("gives at most as many as asked, those after the name given", async (t) => {
        const { apps } = await open(t);
        for (const name of ["a", "b", "c", "d"]) await apps.insert(sampleApp(name));
        const page = async (after: string) => (await apps.list({ after, limit: 2 })).map(({ name }) => name);
        assert.deepEqual(await page("a"), ["b", "c"]);
        assert.deepEqual(await page("c"), ["d"]);
        assert.deepEqual(await page("d"), []);
      });

      test("can be narrowed to one name", async (t) => {
        const { apps } = await open(t);
        for (const name of ["a", "ab"]) await apps.insert(sampleApp(name));
        assert.deepEqual(await apps.list({ limit: 2, name: "a" }), [sampleApp("a")]);
        assert.deepEqual(await apps.list({ limit: 2, name: "b" }), []);
      });

      test("may start after a name that no app has", async (t) => {
        const { apps } = await open(t);
        for (const name of ["a", "c"]) await apps.insert(sampleApp(name));
        assert.deepEqual(await apps.list({ after: "b", limit: 2 }), [sampleApp("c")]);
      });
    });

    describe("updating", () => {
      test("stores what the change makes of the app, and gives it back", async (t) => {
        const { apps } = await open(t);
        const app = sampleApp("demo", { config: { A: "1" } });
        await apps.insert(app);
        const updated = await apps.update({ name: "demo" }, (old) => ({
          ...old,
          config: { ...old.config, B: "2" },
          updatedAtMs: 7,
        }));
        assert.deepEqual(updated, { ...app, config: { A: "1", B: "2" }, updatedAtMs: 7 });
        assert.deepEqual(await apps.get({ name: "demo" }), updated);
      });

      test("changes no id, name or time of creation", async (t) => {
        const { apps } = await open(t);
        const app = sampleApp("demo");
        await apps.insert(app);
        const updated = await apps.update({ name: "demo" }, (old) => ({
          ...old,
          id: "x",
          name: "y",
          createdAtMs: 0,
        }));
        assert.deepEqual(updated, app);
        assert.deepEqual(await apps.list({ limit: 2 }), [app]);
      });

      test("an app that is not there is refused", async (t) => {
        const { apps } = await open(t);
        await assert.rejects(
          apps.update({ name: "demo" }, (app) => app),
          refusal("app_not_found"),
        );
      });

      test("a change that throws is passed on, and stores nothing", async (t) => {
        const { apps } = await open(t);
        await apps.insert(sampleApp("demo"));
        const reason = new Error("no");
        const change = () => {
          throw reason;
        };
        await assert.rejects(apps.update({ name: "demo" }, change), (error) => error === reason);
        assert.deepEqual(await apps.get({ name: "demo" }), sampleApp("demo"));
      });
    });

    describe("removing", () => {
      test("takes the app's functions, triggers, calls and logs with it", async (t) => {
        const { apps, fns, triggers, routes, calls } = await open(t);
        const app = sampleApp("demo");
        const { fn, trigger } = await routes.insert(app, sampleRoute(app, "/hello"));
        await calls.insert([sampleRecord("call-1", {}, "a line")]);

        await apps.remove({ name: "demo" });

        assert.equal(await apps.get({ name: "demo" }), undefined);
        assert.equal(await fns.get(fn.id), undefined);
        assert.equal(await triggers.get(trigger.id), undefined);
        assert.equal(await routes.get("demo", "/hello"), undefined);
        assert.equal(await calls.get("demo", "call-1"), undefined);
        assert.equal(await calls.log("demo", "call-1"), undefined);
      });

      test("takes nothing of another app", async (t) => {
        const { apps, routes, calls } = await open(t);
        const app = sampleApp("demo");
        await routes.insert(app, sampleRoute(app, "/hello"));
        await calls.insert([sampleRecord("call-1", {}, "a line")]);
        await apps.insert(sampleApp("other"));

        await apps.remove({ name: "other" });

        assert.deepEqual(await routes.get("demo", "/hello"), { ...sampleRoute(app, "/hello"), app });
        assert.equal((await calls.get("demo", "call-1"))?.id, "call-1");
        assert.equal(await calls.log("demo", "call-1"), "a line");
      });

      test("makes room for a new app of that name, with nothing of the old one", async (t) => {
        const { apps, routes, calls } = await open(t);
        const app = sampleApp("demo");
        await routes.insert(app, sampleRoute(app, "/hello"));
        await calls.insert([sampleRecord("call-1")]);
        await apps.remove({ name: "demo" });

        await apps.insert(sampleApp("demo", { id: "new" }));

        assert.deepEqual(await routes.list("demo", { limit: 2 }), []);
        assert.deepEqual(await calls.list("demo", { limit: 2 }), []);
      });

      test("an app that is not there is refused, and nothing goes", async (t) => {
        const { apps, calls } = await open(t);
        await calls.insert([sampleRecord("call-1")]);
        await assert.rejects(apps.remove({ name: "demo" }), refusal("app_not_found"));
        assert.equal((await calls.get("demo", "call-1"))?.id, "call-1");
      });
    });
  });
}
