/**
 * JSON text as Go's encoder writes it: `<`, `>`, `&` and the two line separators of Unicode escaped, so that the
 * text may stand inside HTML or JavaScript.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Plain objects only: what `{...}` in JSON becomes. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
