import pg from "pg";
import { FnError } from "../../model/errors.ts";

/** The connection failed, or none could be had: not what the server says of a statement. The cause is what happened. */
export class ConnectionFailure extends Error {
  override readonly name = "ConnectionFailure";

  constructor(cause: unknown) {
    super("the connection to PostgreSQL failed", { cause });
  }
}

/** SQLSTATEs that we tell apart: postgresql.org/docs/current/errcodes-appendix.html. */
export const SQLSTATE = {
  READ_ONLY: "25006",
  INVALID_AUTHORIZATION: "28000",
  INVALID_PASSWORD: "28P01",
  NO_DATABASE: "3D000",
  SERIALIZATION_FAILURE: "40001",
  DEADLOCK: "40P01",
  NOT_ALLOWED: "42501",
  TABLE_EXISTS: "42P07",
  TOO_MANY_CONNECTIONS: "53300",
  LOCK_NOT_AVAILABLE: "55P03",
  QUERY_CANCELLED: "57014",
  STARTING_UP: "57P03",
} as const;

/** Codes that say how the server is, not what is wrong with a statement. */
const CODES_OF_THE_SERVER: ReadonlySet<string | undefined> = new Set([
  SQLSTATE.READ_ONLY,
  SQLSTATE.SERIALIZATION_FAILURE,
  SQLSTATE.DEADLOCK,
  SQLSTATE.LOCK_NOT_AVAILABLE,
]);

/** Connection exceptions, lack of resources, interventions of an operator, failures of the system around it. */
const CLASSES_OF_THE_SERVER = /^(08|53|57|58)/;

/** The SQLSTATE that the server gave; undefined when the error is not the server's. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof ConnectionFailure) return sqlState(error.cause);
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** The transaction collided with another one, and may go well when it runs again. */
export function isCollision(error: unknown): boolean {
  const state = sqlState(error);
  return state === SQLSTATE.SERIALIZATION_FAILURE || state === SQLSTATE.DEADLOCK;
}

/** The server does not answer, or not yet: it may do so later, unlike one that refuses. */
export function isOutOfReach(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state === SQLSTATE.TOO_MANY_CONNECTIONS || /^(08|57)/.test(state);
  if (!(error instanceof ConnectionFailure) || !(error.cause instanceof Error)) return false;
  const { cause } = error;
  if ("code" in cause && typeof cause.code === "string") return NETWORK_CODES.has(cause.code);
  // The client's own errors have no code.
  return /timeout|terminated/i.test(cause.message);
}

const NETWORK_CODES: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** `store_unavailable` when the server or the way to it failed; any other error as it is. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof ConnectionFailure) return new FnError("store_unavailable", {}, { cause: error.cause });
  const state = sqlState(error);
  const isOfTheServer = CODES_OF_THE_SERVER.has(state) || CLASSES_OF_THE_SERVER.test(state ?? "");
  return isOfTheServer ? new FnError("store_unavailable", {}, { cause: error }) : error;
}
