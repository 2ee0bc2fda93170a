import { join } from "node:path";
import { systemClock } from "../src/clock/clock.ts";
import { systemRandom } from "../src/clock/random.ts";
import { openPostgresStore } from "../src/store/postgres/postgres-store.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import type { CallFilter, Store } from "../src/store/store.ts";
import type { Bench, BenchResult, Stage } from "./bench.ts";
import {
  createdAtMs,
  fill,
  idOf,
  LARGE_APP,
  openPostgres,
  openSqlite,
  RARE_PATH,
  SMALL_APP,
} from "./calls-fill.ts";
import { startPostgres } from "./postgres.ts";
import { median } from "./rounds.ts";

/** Calls on a page: as many as the API gives at most. */
const PAGE = 100;

/** What a page may take. */
const GOAL_MS = 20;

/** Listing calls, by each filter and from every place, where there are very many. */
export const callPages: Bench = {
  summary: "pages of recorded calls, by each filter, out of ten million in SQLite and in PostgreSQL",
  drivers: ["process"],
  run,
};

interface Pages {
  /** Of each page the middle of its times, in milliseconds. */
  readonly pagesMs: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly timesMs: readonly number[];
}

async function run(stage: Stage): Promise<BenchResult> {
  const count = stage.calls || (stage.isTiny ? 20_000 : 10_000_000);
  const sqlite = await inSqlite(stage, count);
  const postgres = await inPostgres(stage, count);
  const timesMs = [...sqlite.timesMs, ...postgres.timesMs].toSorted((a, b) => a - b);
  const slowestMs = Math.max(sqlite.slowestMs, postgres.slowestMs);
  return {
    rate: (timesMs.length * 1000) / timesMs.reduce((sum, ms) => sum + ms, 0),
    ratio: slowestMs / GOAL_MS,
    p50: median(timesMs),
    p99: timesMs[Math.floor(timesMs.length * 0.99)] ?? Number.NaN,
    calls: count,
    slowestMs: { sqlite: sqlite.slowestMs, postgres: postgres.slowestMs },
    pagesMs: { sqlite: sqlite.pagesMs, postgres: postgres.pagesMs },
  };
}

async function inSqlite({ programs, rounds, say }: Stage, count: number): Promise<Pages> {
  const path = join(programs.dir, "fn.db");
  const store = await openSqliteStore(path, systemClock);
  const database = openSqlite(path);
  await fill(database, count, say);
  await database.close();
  // Opened anew: a connection keeps the plans that it made when there was nothing.
  await store.close();
  const filled = await openSqliteStore(path, systemClock);
  const pages = await measure(filled, "sqlite", { count, rounds, say });
  await filled.close();
  return pages;
}

async function inPostgres({ programs, rounds, say }: Stage, count: number): Promise<Pages> {
  const server = await startPostgres(programs);
  const url = await server.createDatabase();
  const store = await openPostgresStore(url, { clock: systemClock, random: systemRandom });
  const database = await openPostgres(url);
  await fill(database, count, say);
  await database.close();
  const pages = await measure(store, "postgres", { count, rounds, say });
  await store.close();
  return pages;
}

/** What is listed, by its name. Some of it is dense, some rare, some not there at all. */
function pagesOf(count: number): Readonly<Record<string, Omit<CallFilter, "limit">>> {
  const middle = Math.floor(count / 2);
  const after = idOf(middle);
  const middleMs = createdAtMs(middle);
  const second = { createdAfterMs: middleMs, createdBeforeMs: middleMs + 1000 };
  const oldest = { createdBeforeMs: createdAtMs(0) + 1000 };
  return {
    newest: {},
    middle: { after },
    oldest,
    "until a time": { createdBeforeMs: middleMs },
    "since a time": { createdAfterMs: middleMs },
    "of a second": second,
    path: { path: "/p1" },
    "path, middle": { path: "/p1", after },
    "path, oldest": { path: "/p1", ...oldest },
    "path, of a second": { path: "/p1", ...second },
    "rare path": { path: RARE_PATH },
    "unknown path": { path: "/none" },
    success: { status: "success" },
    error: { status: "error" },
    "error, middle": { status: "error", after },
    "error, of a second": { status: "error", ...second },
    "timeout, oldest": { status: "timeout", ...oldest },
    cancelled: { status: "cancelled" },
    running: { status: "running" },
    "path and status": { path: "/p1", status: "timeout" },
    "path and status, of a second": { path: "/p1", status: "timeout", ...second },
    "path that never has this status": { path: "/p3", status: "success" },
    dead: { isDead: true },
    "dead, middle": { isDead: true, after },
    "dead, of a second": { isDead: true, ...second },
  };
}

async function measure(
  store: Store,
  name: string,
  { count, rounds, say }: { readonly count: number; readonly rounds: number; readonly say: Stage["say"] },
): Promise<Pages> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const app of [LARGE_APP, SMALL_APP]) {
      for (const [page, filter] of Object.entries(pagesOf(count))) {
        const beginNs = systemClock.monotonicNs();
        await store.calls.list(app, { ...filter, limit: PAGE });
        const key = app === LARGE_APP ? page : `${page} (small app)`;
        times.set(key, [...(times.get(key) ?? []), (systemClock.monotonicNs() - beginNs) / 1e6]);
      }
    }
  }
  const pagesMs = Object.fromEntries([...times].map(([page, each]) => [page, median(each)]));
  for (const [page, ms] of Object.entries(pagesMs))
    say(`${name.padEnd(9)} ${page.padEnd(48)} ${ms.toFixed(2)} ms`);
  return { pagesMs, slowestMs: Math.max(...Object.values(pagesMs)), timesMs: [...times.values()].flat() };
}
