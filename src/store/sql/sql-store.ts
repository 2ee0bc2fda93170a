import type {
  AppStore,
  CallStore,
  FnStore,
  NodeStore,
  QueueStore,
  RouteStore,
  Store,
  TokenStore,
  TriggerStore,
} from "../store.ts";
import { SqlAppStore } from "./apps.ts";
import { SqlCallStore } from "./calls.ts";
import { SqlFnStore } from "./fns.ts";
import { SqlNodeStore } from "./nodes.ts";
import type { Notices } from "./notices.ts";
import { SqlQueueStore } from "./queue.ts";
import { SqlRouteStore } from "./routes.ts";
import { type CallInserts, ThreadedCallStore } from "./threaded-calls.ts";
import { SqlTokenStore } from "./tokens.ts";
import type { Transactions } from "./transactions.ts";
import { SqlTriggerStore } from "./triggers.ts";

/** The store over any database that Kysely speaks to; what differs between them is in what it is given. */
export class SqlStore implements Store {
  readonly apps: AppStore;
  readonly fns: FnStore;
  readonly triggers: TriggerStore;
  readonly routes: RouteStore;
  readonly calls: CallStore;
  readonly queue: QueueStore;
  readonly tokens: TokenStore;
  readonly nodes: NodeStore;
  readonly #transactions: Transactions;
  readonly #notices: Notices;
  readonly #inserts: CallInserts | undefined;

  /** With `inserts`, calls are stored there; it closes everything that it is given. */
  constructor(transactions: Transactions, notices: Notices, inserts?: CallInserts) {
    this.#transactions = transactions;
    this.#notices = notices;
    this.#inserts = inserts;
    this.apps = new SqlAppStore(transactions, notices);
    this.fns = new SqlFnStore(transactions, notices);
    this.triggers = new SqlTriggerStore(transactions, notices);
    this.routes = new SqlRouteStore(transactions, notices);
    this.calls = inserts ? new ThreadedCallStore(transactions, inserts) : new SqlCallStore(transactions);
    this.queue = new SqlQueueStore(transactions, notices);
    this.tokens = new SqlTokenStore(transactions, notices);
    this.nodes = new SqlNodeStore(transactions);
  }

  changeCount(): Promise<number> {
    return this.#notices.changeCount();
  }

  async close(): Promise<void> {
    await this.#inserts?.close();
    await this.#notices.close();
    await this.#transactions.close();
  }
}
