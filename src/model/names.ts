/** How long the name of an app, a fn or a trigger may be. Source: section 8.2 of the API reference. */
export const NAME_BYTES_MAX = 255;

/** Letters and numbers of any script, `_` and `-`: what the names of apps and triggers are made of. */
export function isWideName(name: string): boolean {
  return /^[\p{L}\p{N}_-]+$/u.test(name);
}

/** Text that can be stored as it is, and be shown on one line: without control characters and halves of characters. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}
