import type { AppStore, CallStore, NodeStore, RouteStore, Store } from "../store.ts";
import { SqlAppStore } from "./apps.ts";
import { SqlCallStore } from "./calls.ts";
import { readChangeCount } from "./changes.ts";
import { SqlNodeStore } from "./nodes.ts";
import { SqlRouteStore } from "./routes.ts";
import type { Transactions } from "./transactions.ts";

/** The store over any database that Kysely speaks to; what differs between them is in `Transactions`. */
export class SqlStore implements Store {
  readonly apps: AppStore;
  readonly routes: RouteStore;
  readonly calls: CallStore;
  readonly nodes: NodeStore;
  readonly #transactions: Transactions;

  /** `nowMs` is the time of all who share the database, in Unix milliseconds. */
  constructor(transactions: Transactions, nowMs: () => number) {
    this.#transactions = transactions;
    this.apps = new SqlAppStore(transactions);
    this.routes = new SqlRouteStore(transactions);
    this.calls = new SqlCallStore(transactions);
    this.nodes = new SqlNodeStore(transactions, nowMs);
  }

  changeCount(): Promise<number> {
    return this.#transactions.read(readChangeCount);
  }

  close(): Promise<void> {
    return this.#transactions.close();
  }
}
