import type { Selectable } from "kysely";
import { FnError } from "../../model/errors.ts";
import { TOKEN_SCOPES, type Token } from "../../model/token.ts";
import type { Page, TokenStore } from "../store.ts";
import type { Notices } from "./notices.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

export class SqlTokenStore implements TokenStore {
  readonly #transactions: Transactions;
  readonly #notices: Notices;

  constructor(transactions: Transactions, notices: Notices) {
    this.#transactions = transactions;
    this.#notices = notices;
  }

  insert(token: Token): Promise<void> {
    return this.#transactions.write(async (db) => {
      await db.insertInto("tokens").values(toRow(token)).execute();
      await this.#notices.changed(db);
    });
  }

  find(hash: string): Promise<Token | undefined> {
    return this.#transactions.read(async (db) => {
      const row = await db.selectFrom("tokens").selectAll().where("hash", "=", hash).executeTakeFirst();
      return row && toToken(row);
    });
  }

  list(page: Page): Promise<Token[]> {
    return this.#transactions.read(async (db) => {
      let query = db.selectFrom("tokens").selectAll().orderBy("id").limit(page.limit);
      if (page.after !== undefined) query = query.where("id", ">", page.after);
      return (await query.execute()).map(toToken);
    });
  }

  remove(id: string): Promise<void> {
    return this.#transactions.write(async (db) => {
      const { numDeletedRows } = await db.deleteFrom("tokens").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) throw new FnError("token_not_found");
      await this.#notices.changed(db);
    });
  }
}

function toRow(token: Token): Tables["tokens"] {
  return {
    id: token.id,
    name: token.name,
    hash: token.hash,
    scopes: token.scopes.join(" "),
    created_at_ms: token.createdAtMs,
    expires_at_ms: token.expiresAtMs ?? null,
  };
}

function toToken(row: Selectable<Tables["tokens"]>): Token {
  const scopes = row.scopes.split(" ");
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: TOKEN_SCOPES.filter((scope) => scopes.includes(scope)),
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms ?? undefined,
  };
}
