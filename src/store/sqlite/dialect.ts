import type { DatabaseSync } from "node:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { CachingDatabase } from "./statements.ts";

/** Lets Kysely speak to Node's own SQLite; Kysely's dialect is made for the better-sqlite3 package. */
export function nodeSqliteDialect(database: DatabaseSync): Dialect {
  return {
    createDriver: () => new WritingDriver(database),
    createAdapter: () => new TransactionalAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Every transaction that is begun writes: what only reads is one statement here, and needs none. */
class WritingDriver extends SqliteDriver {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    super({ database: new CachingDatabase(database) });
    this.#database = database;
  }

  /**
   * Takes the write lock at once. A transaction that reads first and asks for the lock later is refused, however
   * long it waits, when somebody else wrote in between. Source: sqlite.org/lang_transaction.html, 2.1.
   */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  /**
   * Some failures, a full disk for one, make SQLite roll back by itself. A second rollback would fail and hide the
   * first error.
   */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }
}

/** SQLite makes tables in transactions, too: migrations are all or nothing. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
