import { after, type TestContext } from "node:test";
import { systemClock } from "../../clock/clock.ts";
import { systemRandom } from "../../clock/random.ts";
import type { Store } from "../store.ts";
import { openPostgresStore, type PostgresOptions } from "./postgres-store.ts";
import { TempServer } from "./temp-server.suite.ts";

let started: Promise<TempServer> | undefined;

/** The URLs of databases with tables and nothing in them, to be used again: making one takes longer than most tests. */
const empty: string[] = [];

/** Open stores over such databases, to be used again. */
const idle: { readonly store: Store; readonly url: string }[] = [];

after(async () => {
  for (const { store } of idle) await store.close();
  await (await started)?.remove();
});

/** The server of this process, which ends with its tests. */
export function tempServer(): Promise<TempServer> {
  started ??= TempServer.start();
  return started;
}

/** A store with nothing in it, which the test may close. */
export async function openEmpty(t: TestContext): Promise<Store> {
  const server = await tempServer();
  const opened = idle.pop() ?? (await openNew());
  const { store, url } = opened;
  t.after(async () => {
    await server.execute(EMPTY, url);
    // One that is closed refuses to count.
    await store.changeCount().then(
      () => idle.push(opened),
      () => empty.push(url),
    );
  });
  return store;
}

async function openNew(): Promise<{ readonly store: Store; readonly url: string }> {
  const url = empty.pop() ?? (await (await tempServer()).createDatabase());
  const store = await openPostgresStore(url, { clock: systemClock, random: systemRandom });
  return { store, url };
}

/** Two over one database. */
export async function openTwo(t: TestContext): Promise<readonly [Store, Store]> {
  const url = await emptyDatabase(t);
  return [await openDatabase(t, url), await openDatabase(t, url)];
}

/** As `openEmpty`, with calls that a thread of their own stores. */
export async function openEmptyWithCallsApart(t: TestContext): Promise<Store> {
  return openDatabase(t, await emptyDatabase(t), { storesCallsApart: true });
}

/** A store over that database, closed when the test ends. */
export async function openDatabase(
  t: TestContext,
  url: string,
  options: Partial<PostgresOptions> = {},
): Promise<Store> {
  const store = await openPostgresStore(url, { clock: systemClock, random: systemRandom, ...options });
  t.after(() => store.close());
  return store;
}

/** The URL of a database with nothing in it; what the test leaves there goes. */
export async function emptyDatabase(t: TestContext): Promise<string> {
  const server = await tempServer();
  const url = empty.pop() ?? (await server.createDatabase());
  t.after(async () => {
    await server.execute(EMPTY, url);
    empty.push(url);
  });
  return url;
}

const TABLES = ["apps", "calls", "logs", "answers", "queue", "idempotency_keys", "tokens", "nodes"];

const EMPTY = TABLES.map((table) => `delete from ${table}`).join(";");
