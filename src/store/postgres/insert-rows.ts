import { type Kysely, sql } from "kysely";
import { type Row, type RowTable, slices } from "../sql/rows.ts";
import type { Tables } from "../sql/tables.ts";

/** How many rows one statement stores: more at once gains nothing. */
const ROWS_MAX = 1_000;

/**
 * Stores rows of one table; those whose key is there already stay as they are. The values come column by column, as
 * arrays: a statement with thousands of parameters takes the server half as long again.
 */
export async function insertRows(db: Kysely<Tables>, table: RowTable, rows: readonly Row[]): Promise<void> {
  const columns = Object.entries(table.columns);
  const names = sql.join(columns.map(([column]) => sql.ref(column)));
  const key = sql.join(table.key.map((column) => sql.ref(column)));
  for (const some of slices(rows, ROWS_MAX)) {
    const arrays = columns.map(([column, type]) => {
      const values = some.map((row) => row[column] ?? null);
      return sql`${values}::${sql.raw(type)}[]`;
    });
    await sql`
      insert into ${sql.table(table.name)} (${names}) select * from unnest(${sql.join(arrays)})
      on conflict (${key}) do nothing`.execute(db);
  }
}
