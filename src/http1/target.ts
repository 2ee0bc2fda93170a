/** The path of a request target, as it was written: without the query. */
export function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end < 0 ? target : target.slice(0, end);
}

/** The path of a target, percent escapes resolved; undefined when they are malformed or no UTF-8. */
export function decodedPath(target: string): string | undefined {
  const path = pathOf(target);
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
