/** Values by a key that the caller chose: a config, secrets, annotations. */
type Keyed<T> = Readonly<Record<string, T>>;

/** After a change: a value sets its key, an empty text or null removes it, keys not named stay. */
export function mergeKeyed<T>(values: Keyed<T>, change: Keyed<T> = {}): Keyed<T> {
  const merged = { ...values, ...change };
  return Object.fromEntries(
    Object.entries(merged).filter(([key, value]) => !isEmpty(value) || !Object.hasOwn(change, key)),
  );
}

export function isEmpty(value: unknown): boolean {
  return value === "" || value === null;
}
