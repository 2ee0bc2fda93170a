/** What a request line asks for (RFC 9112, section 3.2), in the client's own encoding. */
export interface Target {
  /** Begins with a slash; has no query. */
  readonly path: string;
  /** The question mark and what follows; empty when there is none. */
  readonly query: string;
  /** The host, when the client wrote a whole URL. */
  readonly host: string | undefined;
}

/** Reads `/path?query` or `http://host/path?query`; undefined for what asks for no path, such as `*`. */
export function parseTarget(text: string): Target | undefined {
  const [, host, path = "", query = ""] = /^(?:https?:\/\/([^/?#@]+))?(\/[^?]*)?(\?.*)?$/is.exec(text) ?? [];
  if (host === undefined && path === "") return undefined;
  return { path: path === "" ? "/" : path, query, host };
}
