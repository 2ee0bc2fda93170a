import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../clock/clock.ts";
import { isFromOtherSite, isFromThisMachine, isLoopback, isNamedLocally } from "../../http1/caller.ts";
import type { HeaderField } from "../../http1/fields.ts";
import { FnError } from "../../model/errors.ts";
import { isTokenText, type Token, type TokenScope, tokenHash } from "../../model/token.ts";
import type { Store } from "../../store/store.ts";
import { StoreCache } from "../store-cache.ts";
import { bearerToken } from "./bearer.ts";

/** Tokens kept at hand, at most. */
const TOKENS_MAX = 10_000;

export interface AccessOptions {
  readonly store: Pick<Store, "tokens" | "changeCount">;
  readonly clock: Clock;
  /** The address that the node listens on; undefined for all. What listens on loopback is reached from this machine alone. */
  readonly host: string | undefined;
  /** Whoever reaches the node may manage it, as long as there are no tokens. */
  readonly isOpen: boolean;
  /** A token that may do everything, and is in no database. With it there are tokens, from the start. */
  readonly rootToken: string | undefined;
  /** Calls need a token, too. */
  readonly callsNeedToken: boolean;
}

/** Who asks: the fields of a request, and the address at the other end of its connection. */
export interface Asker {
  readonly fields: readonly HeaderField[];
  readonly peer: string;
}

/**
 * Who may do what. Without tokens a node is managed from its own machine alone; with tokens, by those who show one. What a
 * token may do is looked up in the store and kept at hand, so that one which was removed is refused at once by the node that
 * removed it, and within 50 ms by others. While the store is away, tokens that are at hand go on working.
 */
export class Access {
  readonly #options: AccessOptions;
  readonly #isListeningToItself: boolean;
  readonly #rootDigest: Buffer | undefined;
  /** By their hashes, and any one of them under ANY. */
  readonly #tokens: StoreCache<Token>;
  /** What the store said last; before it said anything, the door is closed. */
  #hadTokens = true;

  constructor(options: AccessOptions) {
    const { store, clock, host = "", rootToken } = options;
    this.#options = options;
    this.#isListeningToItself = isLoopback(host) || host === "localhost";
    this.#rootDigest = rootToken === undefined ? undefined : digestOf(rootToken);
    this.#tokens = new StoreCache({ store, clock, entriesMax: TOKENS_MAX });
  }

  /**
   * Rejects those who may not do what needs this scope. Errors: `management_closed`, `token_missing`, `token_malformed`,
   * `token_unknown`, `token_expired`, `scope_missing`, `store_unavailable`.
   */
  async authorize(asker: Asker, scope: TokenScope): Promise<void> {
    if (await this.#hasTokens(scope)) await this.#authorizeToken(asker.fields, scope);
    else this.#refuseStrangers(asker);
  }

  /**
   * The same for a call: throws at once, or returns at once, unless the store has to be asked, since every call comes here.
   */
  authorizeCall({ fields }: Pick<Asker, "fields">): void | Promise<void> {
    if (this.#options.callsNeedToken) return this.#authorizeToken(fields, "invoke");
  }

  /** Tokens were made or removed through this process. */
  tokensChanged(): void {
    this.#tokens.clear();
  }

  /**
   * Those that have expired count: that they did must not open what they closed. While the store is away, who looks is
   * answered as before: metrics are never wanted more than then.
   */
  async #hasTokens(scope: TokenScope): Promise<boolean> {
    if (this.#rootDigest) return true;
    const { tokens } = this.#options.store;
    try {
      const any = await this.#tokens.get(ANY, async () => (await tokens.list({ limit: 1 }))[0]);
      this.#hadTokens = any !== undefined;
    } catch (error) {
      if (this.#hadTokens || scope !== "read") throw error;
    }
    return this.#hadTokens;
  }

  #refuseStrangers({ fields, peer }: Asker): void {
    const { isOpen } = this.#options;
    const isNear = this.#isListeningToItself || isFromThisMachine(fields, peer);
    const isTrusted = isOpen || (isNear && isNamedLocally(fields));
    if (!isTrusted || isFromOtherSite(fields)) throw new FnError("management_closed");
  }

  #authorizeToken(fields: readonly HeaderField[], scope: TokenScope): void | Promise<void> {
    const text = bearerToken(fields);
    if (this.#isRoot(text)) return;
    if (!isTokenText(text)) throw new FnError("token_unknown");
    const hash = tokenHash(text);
    const token = this.#tokens.peek(hash);
    if (token) return this.#check(token, scope);
    const { tokens } = this.#options.store;
    return this.#tokens.get(hash, () => tokens.find(hash)).then((found) => this.#check(found, scope));
  }

  #check(token: Token | undefined, scope: TokenScope): void {
    if (!token) throw new FnError("token_unknown");
    if (token.expiresAtMs !== undefined && token.expiresAtMs <= this.#options.clock.nowMs()) {
      throw new FnError("token_expired");
    }
    if (!allows(token, scope)) throw new FnError("scope_missing", { scope });
  }

  #isRoot(text: string): boolean {
    return this.#rootDigest !== undefined && timingSafeEqual(digestOf(text), this.#rootDigest);
  }
}

const ANY = "any";

/** Who may change things may look at them. */
function allows({ scopes }: Token, scope: TokenScope): boolean {
  return scopes.includes(scope) || (scope === "read" && scopes.includes("manage"));
}

/** Digests have one length and are compared in one time, so the answer's time tells nothing of the token. */
function digestOf(token: string): Buffer {
  return Buffer.from(tokenHash(token), "hex");
}
