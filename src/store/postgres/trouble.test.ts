import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Kysely } from "kysely";
import { systemClock } from "../../clock/clock.ts";
import { systemRandom } from "../../clock/random.ts";
import type { Tables } from "../sql/tables.ts";
import type { Transactions } from "../sql/transactions.ts";
import type { Store } from "../store.ts";
import { sampleApp, sampleRecord } from "../suite/samples.suite.ts";
import { refusal, until } from "../suite/test-store.suite.ts";
import { parseConnectionUrl } from "./connection-url.ts";
import { emptyDatabase, openDatabase, tempServer } from "./temp-database.suite.ts";
import type { TempServer } from "./temp-server.suite.ts";
import { PostgresTransactions } from "./transactions.ts";

const app = sampleApp("demo");

describe("when the server is stopped", () => {
  test("everything is refused, and goes well again once it is back", async (t) => {
    const server = await tempServer();
    const store = await openDatabase(t, await emptyDatabase(t), { storesCallsApart: true });
    await store.apps.insert(app);
    await store.calls.insert([sampleRecord("call-1")]);
    const actions = [
      () => store.apps.get({ name: "demo" }),
      () => store.apps.update({ name: "demo" }, (old) => ({ ...old, updatedAtMs: 7 })),
      () => store.calls.insert([sampleRecord("call-2")]),
      () => store.nodes.announce("a:1", false, 1000),
    ];

    await server.stop();
    for (const action of actions) await assert.rejects(action(), refusal("store_unavailable"));
    await server.start();

    for (const action of actions) await until(() => succeeds(action));
    assert.deepEqual(await missing(store, ["call-1", "call-2"]), []);
  });

  test("what is under way is done or refused, and what is done stays", async (t) => {
    await acknowledgedStays(t, (server) => server.stop());
  });

  test("the count of changes moves when it is back, since a change may have been missed", async (t) => {
    const server = await tempServer();
    const store = await openDatabase(t, await emptyDatabase(t));
    const before = await store.changeCount();
    await server.stop();
    await server.start();
    await until(async () => (await store.changeCount().catch(() => before)) > before);
  });
});

describe("when the server crashes", () => {
  test("what it has acknowledged stays", async (t) => {
    await acknowledgedStays(t, (server) => server.kill());
  });
});

describe("when somebody ends all connections", () => {
  test("others are made", async (t) => {
    const url = await emptyDatabase(t);
    const store = await openDatabase(t, url);
    await store.apps.insert(app);
    await endConnections(url);
    await until(() =>
      succeeds(() => store.apps.update({ name: "demo" }, (old) => ({ ...old, updatedAtMs: 7 }))),
    );
    assert.equal((await store.apps.get({ name: "demo" }))?.updatedAtMs, 7);
  });

  test("a change that is made before the store hears again moves its count", async (t) => {
    const url = await emptyDatabase(t);
    const store = await openDatabase(t, url);
    const before = await store.changeCount();
    await endConnections(url);
    const other = await openDatabase(t, url);
    await other.apps.insert(app);
    await until(async () => (await store.changeCount().catch(() => before)) > before);
  });
});

describe("while others use the database", () => {
  test("the count of changes is known without asking", async (t) => {
    const url = await emptyDatabase(t);
    const store = await openDatabase(t, url);
    await store.apps.insert(app);
    const before = await store.changeCount();
    const lock = await session(t, url, "begin; lock table changes in access exclusive mode");
    assert.equal(await store.changeCount(), before);
    await lock.end();
  });

  test("calls are stored while an app is being changed", async (t) => {
    const url = await emptyDatabase(t);
    const store = await openDatabase(t, url);
    await store.apps.insert(app);
    const lock = await session(t, url, "begin; select * from apps for update");
    const updated = store.apps.update({ name: "demo" }, (old) => ({ ...old, updatedAtMs: 7 }));
    await store.calls.insert([sampleRecord("call-1")]);
    await lock.end();
    assert.equal((await updated).updatedAtMs, 7);
  });
});

describe("transactions", () => {
  test("that wait for each other are run again, until all have gone through", async (t) => {
    const { store, transactions } = await openTransactions(t);
    for (const name of ["a:1", "b:1"]) await store.nodes.put({ name, weight: 1, isDraining: false });
    const both = meeting(2);
    const weigh = (first: string, second: string) =>
      transactions.writeBeside(async (db) => {
        await addWeight(db, first);
        await both();
        await addWeight(db, second);
      });
    await Promise.all([weigh("a:1", "b:1"), weigh("b:1", "a:1")]);
    assert.deepEqual(
      (await store.nodes.list()).map(({ weight }) => weight),
      [3, 3],
    );
  });

  test("have their effects once they are stored, and none when they are not", async (t) => {
    const { transactions } = await openTransactions(t);
    const effects: string[] = [];
    await transactions.write(async (db) => {
      transactions.afterCommit(db, () => effects.push("stored"));
      assert.deepEqual(effects, []);
    });
    const failed = transactions.write(async (db) => {
      transactions.afterCommit(db, () => effects.push("failed"));
      throw new Error("no");
    });
    await assert.rejects(failed, { message: "no" });
    assert.deepEqual(effects, ["stored"]);
  });
});

/** Transactions of a database with tables, and a store over the same. */
async function openTransactions(t: TestContext): Promise<{ store: Store; transactions: Transactions }> {
  const url = await emptyDatabase(t);
  const store = await openDatabase(t, url);
  const transactions = new PostgresTransactions(parseConnectionUrl(url), systemClock, systemRandom);
  t.after(() => transactions.close());
  return { store, transactions };
}

async function addWeight(db: Kysely<Tables>, name: string): Promise<void> {
  await db
    .updateTable("nodes")
    .set(({ eb }) => ({ weight: eb("weight", "+", 1) }))
    .where("name", "=", name)
    .execute();
}

/** Whoever comes waits until so many have come. */
function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    arrived++;
    if (arrived >= count) resolve();
    return promise;
  };
}

/** Stores calls, one after another, while the server ends; all that were acknowledged are there afterwards. */
async function acknowledgedStays(t: TestContext, end: (server: TempServer) => Promise<void>): Promise<void> {
  const server = await tempServer();
  const store = await openDatabase(t, await emptyDatabase(t));
  const acknowledged: string[] = [];
  const refused = storeCalls(store, acknowledged);
  await until(async () => acknowledged.length >= CALLS_BEFORE);
  await end(server);
  await refused;
  await server.start();
  await until(() => succeeds(() => store.calls.list("demo", { limit: 1 })));
  assert.deepEqual(await missing(store, acknowledged), []);
}

const CALLS_BEFORE = 20;

/** Until it is refused. */
async function storeCalls(store: Store, acknowledged: string[]): Promise<void> {
  const next = async (): Promise<void> => {
    const id = `call-${acknowledged.length}`;
    await store.calls.insert([sampleRecord(id)]);
    acknowledged.push(id);
    return next();
  };
  await assert.rejects(next(), refusal("store_unavailable"));
}

async function missing(store: Store, ids: readonly string[]): Promise<string[]> {
  const calls = await store.calls.list("demo", { limit: ids.length + 1 });
  const stored = new Set(calls.map(({ id }) => id));
  return ids.filter((id) => !stored.has(id));
}

async function succeeds(action: () => Promise<unknown>): Promise<boolean> {
  return action().then(
    () => true,
    () => false,
  );
}

/** As an operator does it. */
async function endConnections(url: string): Promise<void> {
  const server = await tempServer();
  await server.execute(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hotfn' and datname = current_database()",
    url,
  );
}

/** A connection of another program that has run this. */
async function session(t: TestContext, url: string, statements: string): Promise<{ end(): Promise<void> }> {
  const client = await (await tempServer()).connect(url);
  t.after(() => client.end());
  await client.query(statements);
  return client;
}
