import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { Kysely } from "kysely";
import { systemClock } from "../../clock/clock.ts";
import { SqlCallStore } from "../sql/calls.ts";
import type { Tables } from "../sql/tables.ts";
import type { CallFilter } from "../store.ts";
import { IN_MEMORY, openDatabaseFile } from "./database-file.ts";
import { nodeSqliteDialect } from "./dialect.ts";
import { migrate } from "./migrations.ts";
import { SqliteTransactions } from "./transactions.ts";

const TIMES = { createdAfterMs: 1, createdBeforeMs: 2 };
const BY_TIME = "id>? AND id<?";

/** Each is one walk along the calls that it shows, and no others. */
const WALKS: readonly (readonly [what: string, filter: Partial<CallFilter>, walk: string])[] = [
  ["newest", {}, "PRIMARY KEY (app_name=?)"],
  ["next", { after: "call-1" }, "PRIMARY KEY (app_name=? AND id<?)"],
  ["time", TIMES, `PRIMARY KEY (app_name=? AND ${BY_TIME})`],
  ["status", { status: "error" }, "INDEX calls_by_status (app_name=? AND status=?)"],
  [
    "status and time",
    { status: "error", ...TIMES },
    `INDEX calls_by_status (app_name=? AND status=? AND ${BY_TIME})`,
  ],
  ["path", { path: "/a" }, "INDEX calls_by_path (app_name=? AND path=? AND status=?)"],
  [
    "path and time",
    { path: "/a", ...TIMES },
    `INDEX calls_by_path (app_name=? AND path=? AND status=? AND ${BY_TIME})`,
  ],
  [
    "path and status",
    { path: "/a", status: "error" },
    "INDEX calls_by_path (app_name=? AND path=? AND status=?)",
  ],
  ["dead", { isDead: true }, "INDEX dead_calls (app_name=?)"],
  ["dead and time", { isDead: true, ...TIMES }, `INDEX dead_calls (app_name=? AND ${BY_TIME})`],
];

describe("a page of calls in SQLite costs no more than what it shows:", () => {
  for (const [what, filter, walk] of WALKS) {
    test(what, async (t) => {
      const searches = (await planOf(t, filter)).filter((step) => step.startsWith("SEARCH calls"));
      assert.deepEqual(new Set(searches), new Set([`SEARCH calls USING ${walk}`]));
    });
  }

  test("nothing is sorted, but for a page that is put together from those of each status", async (t) => {
    for (const [what, filter] of WALKS.filter(([, { path, status }]) => path === undefined || status)) {
      const sorts = (await planOf(t, filter)).filter((step) => step.includes("TEMP B-TREE"));
      assert.deepEqual(sorts, [], what);
    }
  });
});

/** How SQLite finds that page. */
async function planOf(t: TestContext, filter: Partial<CallFilter>): Promise<string[]> {
  const file = openDatabaseFile(IN_MEMORY);
  let statement = "";
  const kysely = new Kysely<Tables>({
    dialect: nodeSqliteDialect(file.database),
    log: ({ query }) => {
      statement = query.sql;
    },
  });
  t.after(() => kysely.destroy());
  await kysely.transaction().execute(migrate);
  await new SqlCallStore(new SqliteTransactions(kysely, file, systemClock)).list("demo", {
    limit: 1,
    ...filter,
  });
  const steps = file.database.prepare(`explain query plan ${statement}`).all();
  return steps.map(({ detail }) => String(detail));
}
