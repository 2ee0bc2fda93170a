import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { systemClock } from "../../clock/clock.ts";
import { FakeClock } from "../../clock/fake-clock.ts";
import type { App } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { Store } from "../store.ts";
import { sampleApp, sampleRecord } from "../suite/samples.suite.ts";
import { refusal } from "../suite/test-store.suite.ts";
import { openDatabaseFile } from "./database-file.ts";
import { resultCode, SQLITE } from "./failures.ts";
import { LOCK_WAIT_MAX_MS } from "./lock-wait.ts";
import { openStoreOn } from "./sqlite-store.ts";
import { openFile, tempPath } from "./temp-database.suite.ts";

const app = sampleApp("demo");

describe("while another connection uses the file", () => {
  test("reading does not wait for one that writes", async (t) => {
    const { store, path } = await openWithClock(t);
    await store.apps.insert(app);
    lock(t, path);
    assert.deepEqual(await store.apps.get({ name: "demo" }), app);
  });

  test("writing does not wait for one that only reads", async (t) => {
    const { store, path, clock } = await openWithClock(t);
    const reader = new DatabaseSync(path);
    t.after(() => reader.close());
    reader.exec("begin; select * from apps");
    const inserted = store.apps.insert(app);
    await clock.advance(LOCK_WAIT_MAX_MS * 2);
    await inserted;
    assert.deepEqual(await store.apps.get({ name: "demo" }), app);
  });

  test("writing waits for one that writes, and is done once the lock is free", async (t) => {
    const { store, path, clock } = await openWithClock(t);
    const { unlock } = lock(t, path);
    const inserted = store.apps.insert(app);
    await clock.advance(LOCK_WAIT_MAX_MS / 2);
    assert.equal(await store.apps.get({ name: "demo" }), undefined);
    unlock();
    await clock.advance(LOCK_WAIT_MAX_MS / 2);
    await inserted;
    assert.deepEqual(await store.apps.get({ name: "demo" }), app);
  });

  test("an update asks for its change once, when it has the lock", async (t) => {
    const { store, path, clock } = await openWithClock(t);
    await store.apps.insert(app);
    const { unlock } = lock(t, path);
    const seen: App[] = [];
    const updated = store.apps.update({ name: "demo" }, (old) => {
      seen.push(old);
      return old;
    });
    await clock.advance(LOCK_WAIT_MAX_MS / 2);
    assert.deepEqual(seen, []);
    unlock();
    await clock.advance(LOCK_WAIT_MAX_MS / 2);
    await updated;
    assert.deepEqual(seen, [app]);
  });

  test("writing gives up in the end, and stores nothing", async (t) => {
    const { store, path, clock } = await openWithClock(t);
    const { unlock } = lock(t, path);
    const refused = assert.rejects(store.apps.insert(app), refusal("store_unavailable"));
    await clock.advance(LOCK_WAIT_MAX_MS * 2);
    await refused;
    unlock();
    assert.equal(await store.apps.get({ name: "demo" }), undefined);
  });

  test("closing waits for what still waits", async (t) => {
    const { store, path, clock } = await openWithClock(t);
    const { unlock } = lock(t, path);
    const inserted = store.apps.insert(app);
    const closed = store.close();
    unlock();
    await clock.advance(LOCK_WAIT_MAX_MS);
    await Promise.all([inserted, closed]);
  });
});

describe("when the disk is full", () => {
  test("what does not fit is refused as a whole, with SQLite's own error as the cause", async (t) => {
    const store = await openWithPages(t, 60);
    const records = [sampleRecord("1"), sampleRecord("2", {}, "x".repeat(1_000_000))];
    const error = await store.calls.insert(records).catch((error: unknown) => error);
    assert.ok(error instanceof FnError);
    assert.equal(error.code, "store_unavailable");
    assert.equal(resultCode(error.cause), SQLITE.FULL);
    assert.deepEqual(await store.calls.list("demo", { limit: 1 }), []);
  });

  test("what fits is still stored afterwards", async (t) => {
    const store = await openWithPages(t, 60);
    const tooMuch = [sampleRecord("1", {}, "x".repeat(1_000_000))];
    await assert.rejects(store.calls.insert(tooMuch), refusal("store_unavailable"));
    await store.apps.insert(app);
    assert.deepEqual(await store.apps.get({ name: "demo" }), app);
  });
});

describe("when the file is gone", () => {
  test("everything is refused, so that nothing is stored into nowhere", async (t) => {
    const path = tempPath(t);
    const store = await openFile(t, path);
    rmSync(path);
    await assert.rejects(store.apps.insert(app), refusal("store_unavailable"));
    await assert.rejects(store.apps.get({ name: "demo" }), refusal("store_unavailable"));
  });

  test("another file in its place is not taken for it", async (t) => {
    const path = tempPath(t);
    const store = await openFile(t, path);
    renameSync(path, `${path}.old`);
    writeFileSync(path, "");
    await assert.rejects(store.apps.insert(app), refusal("store_unavailable"));
  });

  test("the store goes on once the file is back", async (t) => {
    const path = tempPath(t);
    const store = await openFile(t, path);
    renameSync(path, `${path}.old`);
    await assert.rejects(store.apps.insert(app), refusal("store_unavailable"));
    renameSync(`${path}.old`, path);
    await store.apps.insert(app);
    assert.deepEqual(await store.apps.get({ name: "demo" }), app);
  });
});

async function openWithClock(t: TestContext): Promise<{ store: Store; path: string; clock: FakeClock }> {
  const path = tempPath(t);
  const clock = new FakeClock();
  return { store: await openFile(t, path, clock), path, clock };
}

/** Takes the write lock of the file, as another process would. */
function lock(t: TestContext, path: string): { unlock: () => void } {
  const database = new DatabaseSync(path);
  t.after(() => database.close());
  database.exec("begin immediate");
  return { unlock: () => database.exec("rollback") };
}

/** A store whose file may not grow above so many pages of 4 KiB, as on a disk with no more room. */
async function openWithPages(t: TestContext, pages: number): Promise<Store> {
  const file = openDatabaseFile(tempPath(t));
  const store = await openStoreOn(file, systemClock);
  t.after(() => store.close());
  file.database.exec(`pragma max_page_count = ${pages}`);
  return store;
}
