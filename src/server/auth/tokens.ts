import Type, { type Static } from "typebox";
import type { Clock } from "../../clock/clock.ts";
import type { Ids } from "../../clock/ids.ts";
import { FnError } from "../../model/errors.ts";
import { newTokenText, TOKEN_SCOPES, type Token, tokenHash } from "../../model/token.ts";
import type { Store } from "../../store/store.ts";
import { NextCursor, nextCursor, PageQuery, rawPage } from "../api/paging.ts";
import { type Api, MessageAnswer, operation, time } from "../v1/api.ts";
import { TOKENS_PATH } from "./guard.ts";

export interface TokensOptions {
  readonly store: Pick<Store, "tokens">;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Bytes of cryptographic quality. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Told when a token was made or removed. */
  readonly onChange: () => void;
}

const NAME_LENGTH_MAX = 255;

/** Ten years: what is meant to last longer does not expire. */
const EXPIRES_IN_S_MAX = 10 * 366 * 24 * 3600;

const Scopes = Type.Array(Type.Enum([...TOKEN_SCOPES]), {
  minItems: 1,
  description: "read: look at everything but secrets; manage: that, and change it; invoke: call functions",
});
const TokenInput = Type.Object({
  name: Type.String({ description: `What it is for: 1 to ${NAME_LENGTH_MAX} printable characters` }),
  scopes: Scopes,
  expires_in: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: EXPIRES_IN_S_MAX,
      description: "Seconds until it expires; never, if absent",
    }),
  ),
});
const TokenView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Scopes,
  created_at: time("When it was made"),
  expires_at: Type.Optional(time("When it expires; absent if it does not")),
});
const NewTokenAnswer = Type.Object({
  ...TokenView.properties,
  token: Type.String({ description: "The token itself, which is shown this once" }),
});
const TokensAnswer = Type.Object({
  next_cursor: NextCursor,
  tokens: Type.Array(TokenView, { description: "Oldest first" }),
});
const TokenParams = Type.Object({ id: Type.String({ description: "Id of the token" }) });

/** `/1/tokens`: who may do what, as far as it is kept in the database. */
export function serveTokens(api: Api, { store, clock, ids, randomBytes, onChange }: TokensOptions): void {
  const { tokens } = store;

  api.post(
    TOKENS_PATH,
    operation("Make a token", NewTokenAnswer, { body: TokenInput }),
    async ({ body }, reply) => {
      const text = newTokenText(randomBytes);
      const token = newToken(body, ids.next(), tokenHash(text), clock.nowMs());
      await tokens.insert(token);
      onChange();
      // RFC 6750 section 5.3: nobody on the way keeps it.
      reply.header("Cache-Control", "no-store");
      return { ...viewToken(token), token: text };
    },
  );

  api.get(
    TOKENS_PATH,
    operation("List tokens", TokensAnswer, { querystring: PageQuery }),
    async ({ query }) => {
      const page = rawPage(query);
      const listed = await tokens.list(page);
      return { next_cursor: nextCursor(listed, page, ({ id }) => id), tokens: listed.map(viewToken) };
    },
  );

  api.delete(
    `${TOKENS_PATH}/:id`,
    operation("Remove a token, which is refused from then on", MessageAnswer, { params: TokenParams }),
    async ({ params }) => {
      await tokens.remove(params.id);
      onChange();
      return { message: "Token removed" };
    },
  );
}

/** Errors: `token_name_invalid`. */
function newToken(input: Static<typeof TokenInput>, id: string, hash: string, nowMs: number): Token {
  const { name, scopes, expires_in: expiresInS } = input;
  // No control characters, line breaks, or marks that turn the direction of what comes after them.
  if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u.test(name) || name.trim() === "") {
    throw new FnError("token_name_invalid", { max: NAME_LENGTH_MAX });
  }
  return {
    id,
    name,
    hash,
    scopes: TOKEN_SCOPES.filter((scope) => scopes.includes(scope)),
    createdAtMs: nowMs,
    expiresAtMs: expiresInS && nowMs + 1000 * expiresInS,
  };
}

function viewToken({ id, name, scopes, createdAtMs, expiresAtMs }: Token): Static<typeof TokenView> {
  return {
    id,
    name,
    scopes: [...scopes],
    created_at: new Date(createdAtMs).toISOString(),
    expires_at: expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString(),
  };
}
