import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, startManagement } from "./management.suite.ts";

const PATHS = ["/1/lb/nodes", "/1/lb/stats", "/1/lb/events", "/metrics", "/other"];
const ELSEWHERE = { peer: "192.0.2.7" };
const TOKEN = { access: { token: "s3cret", isOpen: false } };

describe("without a token, the management", () => {
  for (const path of PATHS) {
    test(`refuses a caller on another machine: ${path}`, async () => {
      const { ask } = await startManagement();
      const { status, body } = await ask("GET", path, ELSEWHERE);
      assert.equal(status, 403);
      assert.deepEqual(Object.keys(JSON.parse(body)), ["msg"]);
    });
  }

  for (const peer of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    test(`answers ${peer}`, async () => {
      const { ask } = await startManagement();
      assert.equal((await ask("GET", "/1/lb/nodes", { peer })).status, 200);
    });
  }

  for (const field of [
    "X-Forwarded-For: 127.0.0.1",
    "forwarded: for=127.0.0.1",
    "Via: 1.1 proxy",
    "X-Real-IP: 127.0.0.1",
  ]) {
    test(`refuses what a proxy on this machine passes on: ${field}`, async () => {
      const { ask } = await startManagement();
      assert.equal((await ask("GET", "/1/lb/nodes", { fields: [field] })).status, 403);
    });
  }

  test("refuses what a page of another site has a browser on this machine ask", async () => {
    const { ask } = await startManagement();
    const body = `{"node":"${A}"}`;
    const answer = await ask("PUT", "/1/lb/nodes", { body, fields: ["Sec-Fetch-Site: cross-site"] });
    assert.equal(answer.status, 403);
  });

  test("refuses a name that anybody may have pointed at this machine", async () => {
    const { ask } = await startManagement();
    const answer = await ask("GET", "/1/lb/nodes", { host: "evil.example.com:8081" });
    assert.equal(answer.status, 403);
  });

  test("answers everybody at an address of its own that names a host", async () => {
    const { ask } = await startManagement({ access: { token: undefined, isOpen: true } });
    assert.equal((await ask("GET", "/1/lb/nodes", ELSEWHERE)).status, 200);
  });
});

describe("with a token, the management", () => {
  const asked = (authorization: string) => ({ fields: [`Authorization: ${authorization}`] });

  for (const peer of ["127.0.0.1", "192.0.2.7"]) {
    for (const path of PATHS) {
      test(`asks ${peer} for it: ${path}`, async () => {
        const { ask } = await startManagement(TOKEN);
        const { status, head } = await ask("GET", path, { peer });
        assert.equal(status, 401);
        assert.match(head, /\r\nWWW-Authenticate: Bearer /);
      });
    }

    test(`answers ${peer} with it`, async () => {
      const { ask } = await startManagement(TOKEN);
      assert.equal((await ask("GET", "/1/lb/nodes", { ...asked("Bearer s3cret"), peer })).status, 200);
    });
  }

  for (const authorization of [
    "Bearer s3cre",
    "Bearer s3cret2",
    "Bearer",
    "Basic s3cret",
    "s3cret",
    "Bearer  ",
  ]) {
    test(`refuses '${authorization}'`, async () => {
      const { ask } = await startManagement(TOKEN);
      assert.equal((await ask("GET", "/1/lb/nodes", asked(authorization))).status, 401);
    });
  }

  test("reads the scheme in any case", async () => {
    const { ask } = await startManagement(TOKEN);
    assert.equal((await ask("GET", "/1/lb/nodes", asked("bearer s3cret"))).status, 200);
  });

  test("refuses two tokens, the right one among them", async () => {
    const { ask } = await startManagement(TOKEN);
    const fields = ["Authorization: Bearer s3cret", "Authorization: Bearer other"];
    assert.equal((await ask("GET", "/1/lb/nodes", { fields })).status, 401);
  });

  test("asks for it also at an open address", async () => {
    const { ask } = await startManagement({ access: { token: "s3cret", isOpen: true } });
    assert.equal((await ask("GET", "/1/lb/nodes")).status, 401);
  });
});

describe("everybody may have", () => {
  for (const access of [{ token: undefined, isOpen: false }, TOKEN.access]) {
    test(`the page and the readiness, ${access.token ? "with" : "without"} a token`, async () => {
      const { ask } = await startManagement({ access });
      assert.equal((await ask("GET", "/1/lb/dash", ELSEWHERE)).status, 200);
      assert.equal((await ask("GET", "/1/lb/ready", ELSEWHERE)).status, 503);
    });
  }
});
