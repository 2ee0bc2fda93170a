import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import { type Token, type TokenScope, tokenHash } from "../../model/token.ts";
import { Access, type AccessOptions } from "./access.ts";

const TEXT = `fn_${"a".repeat(43)}`;
const ROOT = `fn_${"r".repeat(43)}`;
const NEAR = "127.0.0.1";
const ELSEWHERE = "192.0.2.7";

type Fields = readonly (readonly [string, string])[];

const bearing = (text: string): Fields => [["Authorization", `Bearer ${text}`]];

/** Access over a store of tokens in memory, which can be away and counts what it is asked. */
function setUp(options: Partial<AccessOptions> & { readonly tokens?: readonly Partial<Token>[] } = {}) {
  const clock = new FakeClock();
  const state = { tokens: [] as Token[], changes: 1, isDown: false, finds: 0 };
  state.tokens = (options.tokens ?? []).map((token) => ({
    id: "1",
    name: "test",
    hash: tokenHash(TEXT),
    scopes: ["read"],
    createdAtMs: 0,
    expiresAtMs: undefined,
    ...token,
  }));
  const answer = async <T>(value: () => T): Promise<T> => {
    if (state.isDown) throw new FnError("store_unavailable");
    return value();
  };
  const store = {
    changeCount: () => answer(() => state.changes),
    tokens: {
      insert: () => assert.fail("nothing is stored here"),
      remove: () => assert.fail("nothing is removed here"),
      list: () => answer(() => state.tokens.slice(0, 1)),
      find: (hash: string) => {
        state.finds++;
        return answer(() => state.tokens.find((token) => token.hash === hash));
      },
    },
  };
  const access = new Access({
    store,
    clock,
    host: undefined,
    isOpen: false,
    rootToken: undefined,
    callsNeedToken: false,
    ...options,
  });
  return { access, clock, state };
}

const allowed = (access: Access, fields: Fields, scope: TokenScope = "read", peer = NEAR) =>
  assert.doesNotReject(access.authorize({ fields, peer }, scope));
const refused = (access: Access, code: string, fields: Fields, scope: TokenScope = "read", peer = NEAR) =>
  assert.rejects(access.authorize({ fields, peer }, scope), { code });

describe("without tokens, management", () => {
  const strangers: { who: string; fields: Fields; peer: string }[] = [
    { who: "a caller on another machine", fields: [], peer: ELSEWHERE },
    { who: "one that a proxy on this machine speaks for", fields: [["X-Forwarded-For", "::1"]], peer: NEAR },
    { who: "a connection that is gone", fields: [], peer: "" },
  ];
  for (const { who, fields, peer } of strangers) {
    test(`is closed to ${who}`, async () => {
      await refused(setUp().access, "management_closed", fields, "read", peer);
    });
  }

  test("is open to callers on this machine", async () => {
    await allowed(setUp().access, [["Host", "localhost:8080"]], "manage");
  });

  for (const host of ["127.0.0.1", "::1", "localhost"]) {
    test(`is open to whoever a proxy lets through to a node that listens on ${host}`, async () => {
      await allowed(setUp({ host }).access, [["Forwarded", "for=192.0.2.1"]], "manage");
    });
  }

  test("is closed to other machines where the node listens on an address of its network", async () => {
    await refused(setUp({ host: "10.0.0.1" }).access, "management_closed", [], "read", ELSEWHERE);
  });

  const foreign: { what: string; fields: Fields }[] = [
    { what: "a page of another site", fields: [["Sec-Fetch-Site", "cross-site"]] },
    { what: "a name that anybody may have pointed at this machine", fields: [["Host", "evil.example.com"]] },
  ];
  for (const { what, fields } of foreign) {
    test(`is closed to ${what}, on loopback, too`, async () => {
      await refused(setUp().access, "management_closed", fields);
      await refused(setUp({ host: "127.0.0.1" }).access, "management_closed", fields);
    });
  }

  test("that was opened is open to everybody, by any name, but to no page of another site", async () => {
    const { access } = setUp({ isOpen: true });
    await allowed(access, [["Host", "fn.example.com"]], "manage", ELSEWHERE);
    await refused(access, "management_closed", [["Sec-Fetch-Site", "cross-site"]], "read", ELSEWHERE);
  });

  test("does not look at a token that comes along", async () => {
    await allowed(setUp().access, bearing(TEXT), "manage");
  });

  test("closes with the first token that another node makes, within 50 ms", async () => {
    const { access, clock, state } = setUp();
    await allowed(access, []);
    const [token] = setUp({ tokens: [{}] }).state.tokens;
    Object.assign(state, { tokens: [token], changes: 2 });
    await clock.advance(51);
    await refused(access, "token_missing", []);
  });
});

describe("with tokens, management", () => {
  const cases: { scopes: TokenScope[]; may: TokenScope[] }[] = [
    { scopes: ["read"], may: ["read"] },
    { scopes: ["manage"], may: ["read", "manage"] },
    { scopes: ["invoke"], may: [] },
    { scopes: ["read", "invoke"], may: ["read"] },
  ];
  for (const { scopes, may } of cases) {
    for (const scope of ["read", "manage"] as const) {
      const isAllowed = may.includes(scope);
      test(`is ${isAllowed ? "open" : "closed"} to ${scopes.join(" and ")}, for what needs ${scope}`, async () => {
        const { access } = setUp({ tokens: [{ scopes }] });
        if (isAllowed) await allowed(access, bearing(TEXT), scope, ELSEWHERE);
        else await refused(access, "scope_missing", bearing(TEXT), scope, ELSEWHERE);
      });
    }
  }

  test("asks callers on this machine, too, and where it was opened", async () => {
    await refused(setUp({ tokens: [{}] }).access, "token_missing", []);
    await refused(setUp({ tokens: [{}], host: "127.0.0.1", isOpen: true }).access, "token_missing", []);
  });

  test("stays closed when all tokens have expired", async () => {
    await refused(setUp({ tokens: [{ expiresAtMs: 0 }] }).access, "token_missing", []);
  });

  test("does not know other tokens", async () => {
    const { access } = setUp({ tokens: [{}] });
    await refused(access, "token_unknown", bearing(`fn_${"b".repeat(43)}`));
  });

  test("looks for nothing that has not the form of a token", async () => {
    const { access, state } = setUp({ tokens: [{}] });
    await refused(access, "token_unknown", bearing("a".repeat(10_000)));
    await refused(access, "token_unknown", bearing(tokenHash(TEXT)));
    assert.equal(state.finds, 0);
  });
});

describe("a token", () => {
  test("expires to the millisecond, also while it is at hand", async () => {
    const { access, clock, state } = setUp({ tokens: [{ expiresAtMs: new FakeClock().nowMs() + 20 }] });
    await allowed(access, bearing(TEXT));
    await clock.advance(19);
    await allowed(access, bearing(TEXT));
    await clock.advance(1);
    await refused(access, "token_expired", bearing(TEXT));
    assert.equal(state.finds, 1);
  });

  test("that was removed through this node is refused at once", async () => {
    const { access, state } = setUp({ rootToken: ROOT, tokens: [{}] });
    await allowed(access, bearing(TEXT));
    state.tokens = [];
    access.tokensChanged();
    await refused(access, "token_unknown", bearing(TEXT));
  });

  test("that was removed through another node is refused after 50 ms", async () => {
    const { access, clock, state } = setUp({ rootToken: ROOT, tokens: [{}] });
    await allowed(access, bearing(TEXT));
    Object.assign(state, { tokens: [], changes: 2 });
    await clock.advance(51);
    await refused(access, "token_unknown", bearing(TEXT));
  });

  test("at hand goes on working while the store is away, others are told to come again", async () => {
    const { access, clock, state } = setUp({ tokens: [{}] });
    await allowed(access, bearing(TEXT));
    state.isDown = true;
    await clock.advance(1000);
    await allowed(access, bearing(TEXT));
    await refused(access, "store_unavailable", bearing(`fn_${"b".repeat(43)}`));
  });

  test("of the root may do everything, and needs no store", async () => {
    const { access, state } = setUp({ rootToken: ROOT, callsNeedToken: true });
    state.isDown = true;
    await allowed(access, bearing(ROOT), "manage", ELSEWHERE);
    assert.equal(access.authorizeCall({ fields: bearing(ROOT) }), undefined);
    await refused(access, "token_missing", []);
  });
});

describe("a store that is away before anything is known of its tokens", () => {
  test("closes management for the time being", async () => {
    const { access, state } = setUp();
    state.isDown = true;
    await refused(access, "store_unavailable", []);
  });
});

describe("a store that is away, and had no tokens", () => {
  test("leaves looking as it was, and closes the rest for the time being", async () => {
    const { access, clock, state } = setUp();
    await allowed(access, []);
    state.isDown = true;
    await clock.advance(1000);
    await allowed(access, []);
    await refused(access, "management_closed", [], "read", ELSEWHERE);
    await refused(access, "store_unavailable", [], "manage");
  });
});

describe("calls", () => {
  test("need no token, also where there are tokens", () => {
    assert.equal(setUp({ tokens: [{}] }).access.authorizeCall({ fields: [] }), undefined);
  });

  test("need the scope invoke where it was asked for", async () => {
    const may = setUp({ tokens: [{ scopes: ["invoke"] }], callsNeedToken: true });
    await assert.doesNotReject(async () => may.access.authorizeCall({ fields: bearing(TEXT) }));
    const mayNot = setUp({ tokens: [{ scopes: ["manage"] }], callsNeedToken: true });
    await assert.rejects(async () => mayNot.access.authorizeCall({ fields: bearing(TEXT) }), {
      code: "scope_missing",
    });
  });

  test("need a token even when none was made yet", () => {
    const { access } = setUp({ callsNeedToken: true });
    assert.throws(() => access.authorizeCall({ fields: [] }), { code: "token_missing" });
  });

  test("with a token at hand wait for nothing", async () => {
    const { access } = setUp({ tokens: [{ scopes: ["invoke"] }], callsNeedToken: true });
    await access.authorizeCall({ fields: bearing(TEXT) });
    assert.equal(access.authorizeCall({ fields: bearing(TEXT) }), undefined);
  });
});
