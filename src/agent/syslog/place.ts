/** Where log lines go, as a `syslog_url` says it. */
export type SyslogPlace =
  | { readonly kind: "udp" | "tcp" | "tls"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const KINDS = { "udp:": "udp", "tcp:": "tcp", "tcp+tls:": "tls" } as const;

/** Those of RFC 5426 section 3.3, of custom, and of RFC 5425 section 4.1. */
const PORTS = { udp: 514, tcp: 514, tls: 6514 } as const;

/** Reads a URL that `validateSyslogUrl` has accepted; undefined for one that it has not. */
export function readPlace(syslogUrl: string): SyslogPlace | undefined {
  const url = URL.parse(syslogUrl);
  if (!url) return undefined;
  if (url.protocol === "unix:") {
    const path = decoded(url.pathname);
    return path === undefined ? undefined : { kind: "unix", path };
  }
  const kind = Object.entries(KINDS).find(([protocol]) => protocol === url.protocol)?.[1];
  if (!kind) return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { kind, host, port: url.port === "" ? PORTS[kind] : Number(url.port) };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
