import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { sharedStoreSuite, storeSuite } from "../store.suite.ts";
import { callsSuite } from "../suite/calls.suite.ts";
import { lifetimeSuite } from "../suite/lifetime.suite.ts";
import { sampleApp, sampleRecord, sampleRoute } from "../suite/samples.suite.ts";
import { openFile, openFileWithCallsApart, openMemory, tempPath } from "./temp-database.suite.ts";

storeSuite("a store in an SQLite file", (t) => openFile(t));

describe("a store in an SQLite file whose calls are stored by a thread", () => {
  callsSuite(openFileWithCallsApart);
  lifetimeSuite(openFileWithCallsApart);
});

storeSuite("a store in memory", openMemory);

sharedStoreSuite("two stores on one SQLite file", async (t) => {
  const path = tempPath(t);
  return [await openFile(t, path), await openFile(t, path)];
});

test("what a file holds is there when it is opened again", async (t) => {
  const path = tempPath(t);
  const app = sampleApp("demo", { config: { A: "1" } });
  const first = await openFile(t, path);
  await first.routes.insert(app, sampleRoute(app, "/hello"));
  await first.calls.insert([sampleRecord("call-1", {}, "a line")]);
  const changes = await first.changeCount();
  await first.close();

  const second = await openFile(t, path);
  assert.deepEqual(await second.routes.get("demo", "/hello"), { ...sampleRoute(app, "/hello"), app });
  assert.equal(await second.calls.log("demo", "call-1"), "a line");
  assert.equal(await second.changeCount(), changes);
});

test("two stores in memory share nothing", async (t) => {
  const [one, other] = [await openMemory(t), await openMemory(t)];
  await one.apps.insert(sampleApp("demo"));
  assert.deepEqual(await other.apps.list({ limit: 1 }), []);
});

test("a route whose fn has another trigger is removed without the fn", async (t) => {
  const path = tempPath(t);
  const { routes } = await openFile(t, path);
  const app = sampleApp("demo");
  const route = sampleRoute(app, "/one");
  await routes.insert(app, route);
  addTrigger(path, { like: route.trigger.id, id: "trigger-2", source: "/two" });

  await routes.remove("demo", "/one");

  const trigger = { ...route.trigger, id: "trigger-2", source: "/two" };
  assert.deepEqual(await routes.get("demo", "/two"), { fn: route.fn, trigger, app });
  assert.equal(countRows(path, "fns"), 1);
  await routes.remove("demo", "/two");
  assert.equal(countRows(path, "fns"), 0);
});

test("removing an app leaves no row of it in any table", async (t) => {
  const path = tempPath(t);
  const { apps, routes, calls } = await openFile(t, path);
  const app = sampleApp("demo");
  await routes.insert(app, sampleRoute(app, "/hello"));
  await calls.insert([sampleRecord("call-1", {}, "a line")]);
  await apps.remove({ name: "demo" });
  for (const table of ["apps", "fns", "triggers", "calls", "logs"]) assert.equal(countRows(path, table), 0);
});

test("an announcement lasts as long as it says, and no row of it is left behind it", async (t) => {
  const path = tempPath(t);
  const clock = new FakeClock();
  const { nodes } = await openFile(t, path, clock);
  await nodes.announce("a:1", false, 6000);
  await clock.advance(5999);
  assert.equal((await nodes.list()).length, 1);
  await clock.advance(1);
  assert.deepEqual(await nodes.list(), []);
  await nodes.announce("b:1", false, 6000);
  assert.equal(countRows(path, "nodes"), 1);
});

function addTrigger(path: string, trigger: { like: string; id: string; source: string }): void {
  using database = new DatabaseSync(path);
  database
    .prepare(
      `insert into triggers
       select :id, app_id, fn_id, name, type, :source, headers, created_at_ms, updated_at_ms, annotations
       from triggers where id = :like`,
    )
    .run(trigger);
}

function countRows(path: string, table: string): unknown {
  using database = new DatabaseSync(path);
  return database.prepare(`select count(*) as count from ${table}`).get()?.count;
}
