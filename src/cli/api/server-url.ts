import { CommandError } from "../common/io.ts";

/** Where Fn servers listen unless told otherwise. */
export const SERVER_URL_DEFAULT = "http://localhost:8080";

/**
 * Reads the address of a server: `http` or `https`, with a path if the server stands behind one; without a scheme it is
 * `http`. The result ends with a slash, so that paths can be resolved against it. `source` is where the text comes from. Errors:
 * `CommandError`.
 */
export function parseServerUrl(text: string | undefined, source: string): URL {
  const given = text || SERVER_URL_DEFAULT;
  const url = URL.parse(given.includes("://") ? given : `http://${given}`);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(`${source} is '${given}', which is not an http or https URL`);
  }
  // Not told back: a password on a screen is one that somebody sees.
  if (url.username || url.password) {
    throw new CommandError(`${source} has a user or a password in it: give a token instead, in FN_TOKEN`);
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.search = "";
  url.hash = "";
  return url;
}

/** The URL of a path below the server's: each segment is escaped, so a name can be nearly any text. */
export function urlBelow(server: URL, segments: readonly string[], query: Query = {}): URL {
  // A URL resolves these two, escaped or not, so what follows would name something else than was asked for.
  const climbing = segments.find((segment) => segment === "." || segment === "..");
  if (climbing !== undefined) throw new CommandError(`'${climbing}' is not a name`);
  const url = new URL(segments.map(encodeURIComponent).join("/"), server);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

/** Parameters by name; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | undefined>>;

/** Where a route is called: `/r/APP/PATH` below the server's URL. */
export function callUrl(server: URL, app: string, path: string): URL {
  return urlBelow(server, ["r", app, ...segmentsOf(path)]);
}

/** Where a trigger is called: `/t/APP/SOURCE` below the server's URL. */
export function triggerUrl(server: URL, app: string, source: string): URL {
  return urlBelow(server, ["t", app, ...segmentsOf(source)]);
}

/** `/a/b` to `a`, `b`; `/` to nothing. */
export function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}
