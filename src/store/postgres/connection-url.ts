import { readFileSync } from "node:fs";
import { StoreOpenError } from "../store.ts";

/** Where a PostgreSQL is and how to speak to it, as its URL says. Can be sent to a thread. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsSettings | undefined;
}

/** Encrypted; and whether the server proves to be one that `rootCertificates` or the system trusts, and of that name. */
export interface TlsSettings {
  readonly checksCertificate: boolean;
  readonly checksName: boolean;
  /** PEM. */
  readonly rootCertificates: string | undefined;
}

const DEFAULT_PORT = 5432;

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…&sslrootcert=/path/to.pem`. The modes are libpq's and mean what
 * they do there: `disable`, `require` (encrypted, whoever the server is), `verify-ca` and `verify-full`; without one, it
 * is `require`, as in Fn. Errors: `StoreOpenError`, in a sentence that shows neither user nor password.
 */
export function parseConnectionUrl(text: string): ConnectionSettings {
  const url = URL.parse(text);
  if (!url)
    throw new StoreOpenError(
      `db url is malformed: use ${EXAMPLE}, with %40 for an @ in a password and so on`,
    );
  const database = decoded(url.pathname.slice(1));
  const user = decoded(url.username);
  if (url.hostname === "" || database === "" || user === "") {
    throw new StoreOpenError(`db url names no host, user or database: use ${EXAMPLE}`);
  }
  return {
    // The brackets of an IPv6 address belong to the URL.
    host: decoded(url.hostname).replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    database,
    user,
    password: decoded(url.password),
    tls: tlsOf(url.searchParams),
  };
}

/** For people: where it is, without who asks. */
export function shownUrl({ host, port, database }: ConnectionSettings): string {
  return `postgres://${host.includes(":") ? `[${host}]` : host}:${port}/${database}`;
}

const EXAMPLE = "postgres://user:password@host:5432/database";

function tlsOf(parameters: URLSearchParams): TlsSettings | undefined {
  for (const name of parameters.keys()) {
    if (name !== "sslmode" && name !== "sslrootcert") {
      throw new StoreOpenError(`db url has an unknown parameter ${name}: use sslmode and sslrootcert`);
    }
  }
  const mode = parameters.get("sslmode") ?? "require";
  const file = parameters.get("sslrootcert");
  const rootCertificates = file === null ? undefined : readCertificates(file);
  switch (mode) {
    case "disable":
      return undefined;
    case "require":
      return { checksCertificate: false, checksName: false, rootCertificates };
    case "verify-ca":
      return { checksCertificate: true, checksName: false, rootCertificates };
    case "verify-full":
      return { checksCertificate: true, checksName: true, rootCertificates };
    default:
      throw new StoreOpenError(
        `db url has an unknown sslmode ${mode}: use disable, require, verify-ca or verify-full`,
      );
  }
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new StoreOpenError(`cannot read the certificates of the db url from ${path}`, { cause });
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StoreOpenError("db url is malformed: write a % that stands for itself as %25");
  }
}
