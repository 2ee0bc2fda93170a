/** A table of which many rows are stored at once. */
export interface RowTable {
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, ColumnType>>;
}

/** The names that PostgreSQL has for them. */
export type ColumnType = "text" | "integer" | "bigint";

/** Values by column; one that is absent is null. */
export type Row = Readonly<Record<string, string | number | null>>;

/** The values of rows, so many rows at a time. */
export function* slices(rows: readonly Row[], size: number): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
