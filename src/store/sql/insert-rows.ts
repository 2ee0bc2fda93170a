import { type CompiledQuery, type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * How many rows one statement stores. At eleven columns each that is far below what a statement may carry (32766
 * values in SQLite, 65535 in PostgreSQL), and more at once gains nothing.
 */
const ROWS_MAX = 100;

type Row = Readonly<Record<string, string | number | null>>;

/** Stores many rows of one table; those whose key is there already stay as they are. */
export class RowInserter {
  readonly #table: string;
  readonly #key: readonly string[];
  readonly #columns: readonly string[];
  /** By number of rows: to put the text together takes longer than to run it. */
  readonly #statements = new Map<number, CompiledQuery>();

  constructor(table: string, key: readonly string[], columns: readonly string[]) {
    this.#table = table;
    this.#key = key;
    this.#columns = columns;
  }

  async insert(db: Kysely<Tables>, rows: readonly Row[]): Promise<void> {
    for (let start = 0; start < rows.length; start += ROWS_MAX) {
      const some = rows.slice(start, start + ROWS_MAX);
      const parameters = some.flatMap((row) => this.#columns.map((column) => row[column] ?? null));
      await db.executeQuery({ ...this.#statementFor(db, some.length), parameters });
    }
  }

  #statementFor(db: Kysely<Tables>, rowCount: number): CompiledQuery {
    let statement = this.#statements.get(rowCount);
    if (!statement) {
      const row = sql`(${sql.join(this.#columns.map(() => sql`${null}`))})`;
      const rows = sql.join(Array.from({ length: rowCount }, () => row));
      const into = sql`insert into ${sql.table(this.#table)} (${namesOf(this.#columns)}) values ${rows}`;
      statement = sql`${into} on conflict (${namesOf(this.#key)}) do nothing`.compile(db);
      this.#statements.set(rowCount, statement);
    }
    return statement;
  }
}

function namesOf(columns: readonly string[]) {
  return sql.join(columns.map((column) => sql.ref(column)));
}
