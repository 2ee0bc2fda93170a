import { type Kysely, sql } from "kysely";
import type { CancelSignal } from "../../clock/cancel.ts";
import { type Clock, sleep } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { InsertThread } from "../insert-thread/insert-thread.ts";
import { SqlStore } from "../sql/sql-store.ts";
import type { Tables } from "../sql/tables.ts";
import { type Store, StoreOpenError } from "../store.ts";
import { connect } from "./connection.ts";
import { type ConnectionSettings, parseConnectionUrl } from "./connection-url.ts";
import { isOutOfReach } from "./failures.ts";
import { migrate } from "./migrations.ts";
import { PostgresNotices } from "./notices.ts";
import { asOpenError } from "./open-error.ts";
import { PostgresTransactions } from "./transactions.ts";

/** A server that is being started, too, gets so many tries, one every second: as in Fn. */
const TRIES_MAX = 10;
const TRY_INTERVAL_MS = 1_000;

/** Longest wait for those who make or change the tables, and for doing so. */
const PREPARE_TIMEOUT_MS = 60_000;

export interface PostgresOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the tries to reach a server. */
  readonly signal?: CancelSignal | undefined;
  /** Leaves storing calls to a thread of its own. */
  readonly storesCallsApart?: boolean;
}

/**
 * Opens a database of a PostgreSQL server by its URL (`parseConnectionUrl`), and makes or updates its tables.
 * Errors: `StoreOpenError`, and the reason of the signal.
 */
export async function openPostgresStore(url: string, options: PostgresOptions): Promise<Store> {
  const { clock, random, signal, storesCallsApart = false } = options;
  const settings = parseConnectionUrl(url);
  await whenReachable(() => prepare(settings), clock, signal).catch((error: unknown) => {
    throw signal?.aborted ? signal.reason : asOpenError(settings, error);
  });
  const transactions = new PostgresTransactions(settings, clock, random);
  const notices = new PostgresNotices(transactions, settings, clock, random);
  await notices.start();
  const inserts = storesCallsApart ? new InsertThread({ kind: "postgres", settings }) : undefined;
  return new SqlStore(transactions, notices, inserts);
}

async function whenReachable(
  attempt: () => Promise<void>,
  clock: Clock,
  signal: CancelSignal | undefined,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isOutOfReach(error) || tries === TRIES_MAX) throw error;
    }
    await sleep(clock, TRY_INTERVAL_MS, signal);
  }
}

async function prepare(settings: ConnectionSettings): Promise<void> {
  const kysely = connect(settings, 1, PREPARE_TIMEOUT_MS);
  try {
    await kysely.transaction().execute(async (db) => {
      await checkEncoding(db);
      await migrate(db);
    });
  } finally {
    await kysely.destroy();
  }
}

/** Any other would refuse some texts, or change them. */
async function checkEncoding(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ encoding: string }>`
    select current_setting('server_encoding') as encoding`.execute(db);
  const encoding = rows[0]?.encoding;
  if (encoding !== "UTF8") {
    throw new StoreOpenError(`its texts are encoded as ${encoding}; make a database whose encoding is UTF8`);
  }
}
