import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import pg from "pg";
import { ConnectionFailure } from "./failures.ts";
import { encodeText } from "./text.ts";

/**
 * A pool as Kysely wants it, which tells failures of a connection from what the server says of a statement, and takes a
 * connection out once a query was not answered: what came back over it later would be taken for the next one's answer.
 */
export class CarefulPool implements PostgresPool {
  readonly options = {};
  readonly #pool: pg.Pool;

  constructor(config: pg.PoolConfig) {
    this.#pool = new pg.Pool(config);
    // A connection that breaks while nobody uses it leaves the pool by itself, and any other is found broken by its query.
    this.#pool.on("error", ignore);
    this.#pool.on("connect", (client) => client.on("error", ignore));
  }

  /** Errors: `ConnectionFailure`. */
  async connect(): Promise<PostgresPoolClient> {
    try {
      return new CarefulClient(await this.#pool.connect());
    } catch (cause) {
      throw new ConnectionFailure(cause);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

class CarefulClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  #failure: ConnectionFailure | undefined;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    query: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof query !== "string") throw new Error("cursors are not used here");
    return this.#query<R>(query, parameters);
  }

  release(isBroken = false): void {
    this.#client.release(isBroken || this.#failure !== undefined);
  }

  async #query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    if (this.#failure) throw this.#failure;
    try {
      const result = await this.#client.query({ text, values: parameters.map(encode) });
      // The types of the two libraries name the same result.
      return result as unknown as PostgresQueryResult<R>;
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.severity !== "FATAL") throw error;
      this.#failure = new ConnectionFailure(error);
      throw this.#failure;
    }
  }
}

function encode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(encode);
  return typeof value === "string" ? encodeText(value) : value;
}

function ignore(): void {}
