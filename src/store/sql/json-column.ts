/** A value kept as JSON text. */
export function toJsonColumn<T>(value: T): string {
  return JSON.stringify(value);
}

/** The way back. */
export function fromJsonColumn<T>(text: string): T {
  // Only this room writes the column, and from a value of this very type.
  return JSON.parse(text) as T;
}
