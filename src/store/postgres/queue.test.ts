import { describe } from "node:test";
import pg from "pg";
import { systemClock } from "../../clock/clock.ts";
import { pruneSuite } from "../suite/prune.suite.ts";
import { queueSuite } from "../suite/queue.suite.ts";
import { queueModelSuite } from "../suite/queue-model.suite.ts";
import { queueMovesSuite } from "../suite/queue-moves.suite.ts";
import type { OpenTimed } from "../suite/timed-store.suite.ts";
import { emptyDatabase, openDatabase } from "./temp-database.suite.ts";

/** The server's clock cannot be moved: what is stored moves into the past instead. */
const open: OpenTimed = async (t) => {
  const url = await emptyDatabase(t);
  const client = new pg.Client(url);
  await client.connect();
  t.after(() => client.end());
  const pass = async (ms: number) => {
    await client.query(
      `update queue set due_at_ms = due_at_ms - ${ms}, lease_ends_at_ms = lease_ends_at_ms - ${ms};
       update answers set expires_at_ms = expires_at_ms - ${ms};
       update idempotency_keys set expires_at_ms = expires_at_ms - ${ms}`,
    );
  };
  return { store: await openDatabase(t, url), nowMs: () => systemClock.nowMs(), pass };
};

describe("a queue in PostgreSQL", () => {
  queueSuite(open);
  queueMovesSuite(open);
  pruneSuite(open);
  queueModelSuite(open, { runs: 5 });
});
