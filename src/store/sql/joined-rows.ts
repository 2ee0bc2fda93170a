import type { Selectable, SelectType } from "kysely";
import type { Tables } from "./tables.ts";

/** A row of a table among those of others in one row of an answer: each column by the names of both. */
export type Joined<T extends keyof Tables> = {
  [C in keyof Tables[T] & string as `${T}_${C}`]: SelectType<Tables[T][C]>;
};

/** The columns of a table, to select in a query that joins others. */
export function joinedColumns<T extends keyof Tables, C extends keyof Tables[T] & string>(
  table: T,
  columns: readonly C[],
) {
  // A template of types gives every pair of names, and each of these is a column with its own.
  return columns.map((column) => `${table}.${column} as ${table}_${column}`) as {
    [K in C]: `${T}.${K} as ${T}_${K}`;
  }[C][];
}

/** The row of that table in a joined one. */
export function rowOf<T extends keyof Tables>(table: T, joined: Joined<T>): Selectable<Tables[T]> {
  const prefix = `${table}_`;
  const own = Object.entries(joined).filter(([name]) => name.startsWith(prefix));
  // The names without what `joinedColumns` put before them.
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])) as Selectable<
    Tables[T]
  >;
}
