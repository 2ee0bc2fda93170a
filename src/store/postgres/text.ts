/**
 * PostgreSQL keeps every character in a text but U+0000. So that is written as U+0001 U+0001 there, and U+0001 itself as
 * U+0001 U+0002: any text comes back as it was, and texts compare as before.
 */

/** A text as PostgreSQL gets it. */
export function encodeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
  return text.replace(/[\u0000\u0001]/g, (character) => (character === "\u0000" ? ZERO : ONE));
}

/** The way back. */
export function decodeText(text: string): string {
  if (!text.includes("\u0001")) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  return text.replace(/\u0001[\u0001\u0002]/g, (pair) => (pair === ZERO ? "\u0000" : "\u0001"));
}

const ZERO = "\u0001\u0001";
const ONE = "\u0001\u0002";
