import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Tables } from "../sql/tables.ts";
import { CarefulPool } from "./careful-pool.ts";
import type { ConnectionSettings, TlsSettings } from "./connection-url.ts";
import { decodeText } from "./text.ts";

/** Longest wait for a connection: for a free one of the pool, or for the server to accept one. */
const CONNECT_TIMEOUT_MS = 3_000;

/** Longest run of one statement; all of ours take milliseconds. The server ends it. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** A connection that nobody has used for so long is given back to the server; to make one takes some milliseconds. */
const IDLE_TIMEOUT_MS = 60_000;

/** A server that does not end a statement in time itself does not answer any more: so much later we give up. */
const ANSWER_MARGIN_MS = 1_000;

/** A pool of at most so many connections, which are made when they are needed. */
export function connect(
  settings: ConnectionSettings,
  connectionsMax: number,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
): Kysely<Tables> {
  const pool = new CarefulPool({
    ...clientConfig(settings, statementTimeoutMs),
    max: connectionsMax,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** What every connection of ours has alike. */
export function clientConfig(
  settings: ConnectionSettings,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
): pg.ClientConfig {
  const { host, port, database, user, password, tls } = settings;
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: tls ? tlsOptions(tls) : false,
    application_name: "hotfn",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_MARGIN_MS,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  };
}

function tlsOptions({ checksCertificate, checksName, rootCertificates }: TlsSettings) {
  return {
    rejectUnauthorized: checksCertificate,
    ...(rootCertificates === undefined ? {} : { ca: rootCertificates }),
    ...(checksName ? {} : { checkServerIdentity: () => undefined }),
  };
}

/** How what the server sends becomes a value; types are named by their numbers in its catalogue `pg_type`. */
function parserOf(type: number, format?: "text" | "binary"): (text: string) => unknown {
  if (format === "binary") return pg.types.getTypeParser(type, "binary");
  switch (type) {
    case pg.types.builtins.INT8:
    case pg.types.builtins.NUMERIC:
      // Times in milliseconds and counts: a double holds them exactly.
      return Number;
    case pg.types.builtins.TEXT:
      return decodeText;
    case pg.types.builtins.BYTEA:
      return (text) => Uint8Array.from(Buffer.from(text.slice(2), "hex"));
    default:
      return pg.types.getTypeParser(type, "text");
  }
}
