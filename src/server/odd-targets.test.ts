/** Odd text in every part of a path and a query that a caller may choose: it is refused or leads nowhere, and changes nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, startNode } from "./invoke-rig.suite.ts";
import { ESCAPED, fill, openSeeded } from "./odd-text.suite.ts";

describe("odd text in a path", () => {
  const places = [
    "GET /v1/apps/{odd}",
    "PATCH /v1/apps/{odd}",
    "DELETE /v1/apps/{odd}",
    "GET /v1/apps/{odd}/routes",
    "POST /v1/apps/{odd}/routes",
    "GET /v1/apps/demo/routes/{odd}/y",
    "PATCH /v1/apps/demo/routes/{odd}/y",
    "DELETE /v1/apps/demo/routes/{odd}/y",
    "PUT /v1/apps/{odd}/routes/x",
    "PATCH /v1/apps/{odd}/routes/x",
    "DELETE /v1/apps/{odd}/routes/x",
    "GET /v1/apps/{odd}/calls",
    "GET /v1/apps/{odd}/calls/1",
    "GET /v1/apps/demo/calls/{odd}",
    "DELETE /v1/apps/demo/calls/{odd}",
    "GET /v1/apps/demo/calls/{odd}/log",
    "GET /v2/apps/{odd}",
    "PUT /v2/apps/{odd}",
    "DELETE /v2/apps/{odd}",
    "GET /v2/fns/{odd}",
    "PUT /v2/fns/{odd}",
    "DELETE /v2/fns/{odd}",
    "GET /v2/triggers/{odd}",
    "PUT /v2/triggers/{odd}",
    "DELETE /v2/triggers/{odd}",
    "GET /v2/runner/apps/{odd}/triggerBySource/http/x",
    "GET /v2/runner/apps/{app}/triggerBySource/{odd}/x",
    "GET /v2/runner/apps/{app}/triggerBySource/http/{odd}/y",
    "DELETE /1/tokens/{odd}",
  ];
  for (const place of places) {
    test(place, async (t) => {
      const { send, stored, ids } = await openSeeded(t);
      const before = await stored();
      for (const [name, escaped] of Object.entries(ESCAPED)) {
        const [method = "", target = ""] = fill(place, ids).replace("{odd}", escaped).split(" ");
        const hasBody = ["POST", "PUT", "PATCH"].includes(method);
        const body = { app: {}, route: { image: "i" }, config: {} };
        const { status } = await send(method, target, hasBody ? body : undefined);
        assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
      }
      assert.deepEqual(await stored(), before);
    });
  }
});

describe("odd text in a query", () => {
  const places = [
    { at: "/v1/apps", names: ["cursor", "per_page"] },
    { at: "/v1/apps/demo/routes", names: ["cursor", "per_page", "image"] },
    {
      at: "/v1/apps/demo/calls",
      names: ["cursor", "per_page", "path", "status", "from_time", "to_time"],
      refused: ["status", "from_time", "to_time"],
    },
    { at: "/v2/apps", names: ["cursor", "per_page", "name"] },
    { at: "/v2/fns?app_id={app}", names: ["cursor", "per_page", "name"] },
    { at: "/v2/fns", names: ["app_id"], refused: ["app_id"] },
    { at: "/v2/triggers?app_id={app}", names: ["cursor", "per_page", "name", "fn_id"] },
    { at: "/v2/triggers", names: ["app_id"], refused: ["app_id"] },
    { at: "/1/tokens", names: ["cursor", "per_page"] },
  ];
  for (const { at, names, refused = [] } of places) {
    for (const name of names) {
      const mustRefuse = refused.includes(name);
      test(`${at}, ${name}: ${mustRefuse ? "is refused" : "finds what it finds"}`, async (t) => {
        const { send, ids } = await openSeeded(t);
        for (const [odd, escaped] of Object.entries(ESCAPED)) {
          const target = fill(at, ids);
          const { status } = await send(
            "GET",
            `${target}${target.includes("?") ? "&" : "?"}${name}=${escaped}`,
          );
          const isRefused = mustRefuse || odd === "NUL";
          assert.ok(isRefused ? status >= 400 && status < 500 : status === 200, `${odd}: ${status}`);
        }
      });
    }
  }
});

describe("odd text in the path of a call", () => {
  for (const place of [
    "/r/{odd}",
    "/r/{odd}/x",
    "/r/app/{odd}/y",
    "/t/{odd}/x",
    "/t/app/{odd}",
    "/invoke/{odd}",
  ]) {
    test(`${place} runs nothing`, async () => {
      const { port } = await startNode(() => assert.fail("ran"));
      for (const [name, escaped] of Object.entries(ESCAPED)) {
        const { status } = await call(port, place.replace("{odd}", escaped), { method: "POST" });
        assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
      }
    });
  }
});
