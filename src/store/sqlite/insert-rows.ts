import { type CompiledQuery, type Kysely, sql } from "kysely";
import { type Row, type RowTable, slices } from "../sql/rows.ts";
import type { Tables } from "../sql/tables.ts";

/**
 * How many rows one statement stores. At thirteen columns each that is far below the 32766 values that a statement may
 * carry, and more at once gains nothing.
 */
const ROWS_MAX = 100;

/** Stores rows of one table; those whose key is there already stay as they are. */
export class RowInserter {
  readonly #table: RowTable;
  readonly #columns: readonly string[];
  /** By number of rows: to put the text together takes longer than to run it. */
  readonly #statements = new Map<number, CompiledQuery>();

  constructor(table: RowTable) {
    this.#table = table;
    this.#columns = Object.keys(table.columns);
  }

  async insert(db: Kysely<Tables>, rows: readonly Row[]): Promise<void> {
    for (const some of slices(rows, ROWS_MAX)) {
      const parameters = some.flatMap((row) => this.#columns.map((column) => row[column] ?? null));
      await db.executeQuery({ ...this.#statementFor(db, some.length), parameters });
    }
  }

  #statementFor(db: Kysely<Tables>, rowCount: number): CompiledQuery {
    let statement = this.#statements.get(rowCount);
    if (!statement) {
      const row = sql`(${sql.join(this.#columns.map(() => sql`${null}`))})`;
      const rows = sql.join(Array.from({ length: rowCount }, () => row));
      const into = sql`insert into ${sql.table(this.#table.name)} (${namesOf(this.#columns)}) values ${rows}`;
      statement = sql`${into} on conflict (${namesOf(this.#table.key)}) do nothing`.compile(db);
      this.#statements.set(rowCount, statement);
    }
    return statement;
  }
}

function namesOf(columns: readonly string[]) {
  return sql.join(columns.map((column) => sql.ref(column)));
}
