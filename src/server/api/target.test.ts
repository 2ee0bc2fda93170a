import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalTarget } from "./target.ts";

describe("a request target", () => {
  const cases = [
    { method: "GET", target: "/", means: "/" },
    { method: "GET", target: "/v1/apps/", means: "/v1/apps" },
    { method: "GET", target: "/v1/apps/?per_page=1", means: "/v1/apps?per_page=1" },
    { method: "GET", target: "/v1/apps?cursor=%2F/", means: "/v1/apps?cursor=%2F/" },
    { method: "PATCH", target: "/v1/apps/demo/", means: "/v1/apps/demo" },
    { method: "GET", target: "/v1/apps/demo%2Fcalls", means: "/v1/apps/demo/calls" },
    { method: "GET", target: "/v1/apps/%64emo", means: "/v1/apps/demo" },
    { method: "GET", target: "/v1/apps/demo/routes/", means: "/v1/apps/demo/routes/" },
    { method: "DELETE", target: "/v1/apps/demo/routes%2f", means: "/v1/apps/demo/routes/" },
    { method: "POST", target: "/v1/apps/demo/routes/", means: "/v1/apps/demo/routes" },
    { method: "GET", target: "/v1/apps/demo/routes/a?", means: "/v1/apps/demo/routes/a?" },
    { method: "PUT", target: "/v1/apps/demo/routes/a%3Fb%252F", means: "/v1/apps/demo/routes/a%3Fb%252F" },
    {
      method: "GET",
      target: "/v2/runner/apps/A/triggerBySource/http/z/",
      means: "/v2/runner/apps/A/triggerBySource/http/z/",
    },
    { method: "GET", target: "/v2/apps/A/", means: "/v2/apps/A" },
    { method: "GET", target: "/v1/apps//routes", means: "/v1/apps//routes" },
    { method: "GET", target: "/v1/%zz/", means: "/v1/%zz/" },
    { method: "OPTIONS", target: "*", means: "*" },
  ];
  for (const { method, target, means } of cases) {
    test(`${method} ${target} means ${means}`, () => assert.equal(canonicalTarget(method, target), means));
  }
});
