import { TempServer } from "../../src/store/postgres/temp-server.suite.ts";
import type { Owner } from "./programs.ts";

/** A PostgreSQL with an empty database. */
export interface Postgres {
  /** Of the database. */
  readonly url: string;
  /** Makes another one, and gives its URL. */
  createDatabase(): Promise<string>;
  /** Ends it as its operator does; its data stay. */
  stop(): Promise<void>;
  /** Again, on the same port. */
  start(): Promise<void>;
}

export async function startPostgres(t: Owner): Promise<Postgres> {
  const server = await TempServer.start();
  t.after(() => server.remove());
  const url = await server.createDatabase();
  return {
    url,
    createDatabase: () => server.createDatabase(),
    stop: () => server.stop(),
    start: () => server.start(),
  };
}

/** Undoes last what was started first: a database outlives those who use it. */
export function lastInFirstOut(t: Owner): Owner {
  const undos: (() => void | Promise<void>)[] = [];
  t.after(async () => {
    for (const undo of undos.toReversed()) await undo();
  });
  return { after: (undo) => void undos.push(undo) };
}
