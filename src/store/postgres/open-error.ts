import { reasonOf } from "../sql/failures.ts";
import { StoreOpenError } from "../store.ts";
import { type ConnectionSettings, shownUrl } from "./connection-url.ts";
import { ConnectionFailure, isOutOfReach, SQLSTATE, sqlState } from "./failures.ts";

/**
 * Says in one sentence which database cannot be opened, what is wrong, and what to do. Who asks is shown to nobody: no
 * sentence of the server has the password, and ours do not have the user either.
 */
export function asOpenError(settings: ConnectionSettings, error: unknown): StoreOpenError {
  const cause = error instanceof ConnectionFailure ? error.cause : error;
  return new StoreOpenError(`cannot open the database ${shownUrl(settings)}: ${explain(error, cause)}`, {
    cause,
  });
}

function explain(error: unknown, cause: unknown): string {
  switch (sqlState(error)) {
    case SQLSTATE.INVALID_PASSWORD:
    case SQLSTATE.INVALID_AUTHORIZATION:
      return "the server refuses the user or the password; give others in the db url";
    case SQLSTATE.NO_DATABASE:
      return "the server has no such database; create it, or name another one";
    case SQLSTATE.NOT_ALLOWED:
      return "the user may not make tables in it; make the user its owner, or name another database";
    case SQLSTATE.READ_ONLY:
      return "it can only be read; name the server that is written to";
    case SQLSTATE.TOO_MANY_CONNECTIONS:
      return "the server has no connection left; raise its max_connections, or end programs that use it";
    case SQLSTATE.TABLE_EXISTS:
      return "it has tables of another program; name an empty database";
  }
  const reason = reasonOf(cause);
  if (isOutOfReach(error)) return `no server answers there (${reason}); start it, or name its host and port`;
  if (/does not support SSL/.test(reason)) {
    return "the server does not encrypt; let it do so, or add ?sslmode=disable where the network can be trusted";
  }
  if (isAboutCertificate(cause)) {
    return `the server's certificate is not trusted (${reason}); name its issuer with sslrootcert, or choose another sslmode`;
  }
  if (cause instanceof StoreOpenError) return reason;
  return `${reason}; it may belong to another program: name another database`;
}

/** OpenSSL's verdicts on certificates, and Node's own on the name in one: nodejs.org/api/tls.html#x509-certificate-error-codes. */
function isAboutCertificate(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return /CERT|^ERR_TLS|^ERR_SSL|^UNABLE_TO_/.test(error.code);
}
