import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idStartAt } from "../../clock/ids.ts";
import { openRig, type Rig, seedCalls } from "./rig.suite.ts";

const CALLS = "/v1/apps/demo/calls";

describe("API reference 4.3: reading calls", () => {
  test("shows a call", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"]);
    const answer = await rig.send("GET", `${CALLS}/01A`);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {
      message: "Successfully loaded call",
      call: {
        id: "01A",
        status: "success",
        app_name: "demo",
        path: "/hello",
        created_at: "2018-01-22T10:00:00.000Z",
        started_at: "2018-01-22T10:00:00.005Z",
        completed_at: "2018-01-22T10:00:00.012Z",
        timeline: { queue: 5, run: 7 },
      },
    });
  });

  test("shows what ended a call, and no start if there was none", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"], {
      status: "error",
      error: "Timed out - server too busy",
      startedAtMs: undefined,
    });
    const { body } = await rig.send("GET", `${CALLS}/01A`);
    assert.equal(body.call?.error, "Timed out - server too busy");
    assert.equal(body.call?.started_at, "0001-01-01T00:00:00.000Z");
  });

  for (const target of [`${CALLS}/dummy`, "/v1/apps/other/calls/01A", "/v1/apps/none/calls/01A"]) {
    test(`finds no call at ${target}: id and app must match`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(rig, ["01A"]);
      await rig.send("POST", "/v1/apps", { app: { name: "other" } });
      const answer = await rig.send("GET", target);
      assert.deepEqual([answer.status, answer.body.error?.code], [404, "call_not_found"]);
    });
  }
});

describe("API reference 1.5: filters of calls", () => {
  test("lists calls, newest first, page after page, with ids for cursors", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A", "01B", "01C"]);
    const first = await rig.send("GET", `${CALLS}?per_page=2`);
    const second = await rig.send("GET", `${CALLS}?per_page=2&cursor=01B`);
    const pages = [first, second].map(({ body }) => [body.calls?.map(({ id }) => id), body.next_cursor]);
    assert.deepEqual(pages, [
      [["01C", "01B"], "01B"],
      [["01A"], ""],
    ]);
  });

  const AT_10_00_01 = 1516615201;
  const calls = ["first", "second", "third"].map((name, second) => ({
    name,
    id: idStartAt((AT_10_00_01 - 1 + second) * 1000),
  }));
  const filters = [
    { query: "path=/hello", lists: ["third", "second", "first"] },
    { query: "path=hello", lists: [] },
    { query: `from_time=${AT_10_00_01}`, lists: ["third"] },
    { query: `to_time=${AT_10_00_01}`, lists: ["first"] },
    { query: `from_time=${AT_10_00_01 - 1}&to_time=${AT_10_00_01 + 1}`, lists: ["second"] },
    { query: "path=&from_time=&to_time=&cursor=", lists: ["third", "second", "first"] },
    { query: "path=/hello&path=/other", lists: ["third", "second", "first"] },
  ];
  for (const { query, lists } of filters) {
    test(`?${query} lists [${lists}] of calls at 10:00:00, :01 and :02`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(
        rig,
        calls.map(({ id }) => id),
      );
      const { body } = await rig.send("GET", `${CALLS}?${query}`);
      assert.deepEqual(
        body.calls?.map(({ id }) => calls.find((call) => call.id === id)?.name),
        lists,
      );
    });
  }

  test("tells an app without calls from one that is not there", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, []);
    const answer = await rig.send("GET", CALLS);
    assert.deepEqual(answer.body, { message: "Successfully listed calls", next_cursor: "", calls: [] });
    const unknown = await rig.send("GET", "/v1/apps/other/calls");
    assert.deepEqual([unknown.status, unknown.body.error?.code], [404, "app_not_found"]);
  });
});

describe("API reference 4.2: identifiers", () => {
  test("are 26 characters of Crockford's base32, and begin with the time in milliseconds", async (t) => {
    const { ids, clock } = await openRig(t);
    const id = ids.next();
    assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
    assert.ok(id.startsWith(idStartAt(clock.nowMs())));
  });

  test("sort by time, so that calls are listed newest first", async (t) => {
    const rig = await openRig(t);
    const [older, newer] = [rig.ids.next(), rig.ids.next()];
    await seedCalls(rig, [older, newer]);
    const { body } = await rig.send("GET", CALLS);
    assert.deepEqual(
      body.calls?.map(({ id }) => id),
      [newer, older],
    );
  });

  for (const id of ["dummy", "01A", "%F0%9F%98%80"]) {
    test(`${id} is an id like any other to who looks for it`, async (t) => {
      const { send } = await openRig(t);
      assert.equal((await send("GET", `${CALLS}/${id}`)).status, 404);
    });
  }
});

describe("API reference 4.4: logs", () => {
  const LOG = "one <line>\nanother\n";
  const JSON_TYPE = "application/json; charset=utf-8";
  const TEXT_TYPE = "text/plain; charset=utf-8";

  test("wraps the log in JSON", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"], {}, LOG);
    const answer = await rig.send("GET", `${CALLS}/01A/log`);
    assert.deepEqual(answer.body, {
      message: "Successfully loaded log",
      log: { call_id: "01A", log: LOG, app_name: "demo" },
    });
  });

  test("gives the log as it is to those who want text", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"], {}, LOG);
    const answer = await rig.send("GET", `${CALLS}/01A/log`, undefined, { accept: "text/plain" });
    assert.equal(answer.text, LOG);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
  });

  const accepts: { accept: string | string[]; type: string }[] = [
    { accept: "*/*", type: JSON_TYPE },
    { accept: "application/json", type: JSON_TYPE },
    { accept: "text/plain", type: TEXT_TYPE },
    { accept: "Text/Plain;q=0.5", type: TEXT_TYPE },
    { accept: "text/plain, application/json", type: JSON_TYPE },
    { accept: "text/plain, */*", type: TEXT_TYPE },
    { accept: ["text/plain", "application/json"], type: TEXT_TYPE },
    { accept: ["text/html", "*/*"], type: JSON_TYPE },
  ];
  for (const { accept, type } of accepts) {
    test(`answers Accept: ${[accept].flat().join(" / ")} with ${type}`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(rig, ["01A"], {}, LOG);
      const answer = await rig.send("GET", `${CALLS}/01A/log`, undefined, { accept });
      assert.equal(answer.headers["content-type"], type);
    });
  }

  test("refuses other types", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"], {}, LOG);
    const answer = await rig.send("GET", `${CALLS}/01A/log`, undefined, { accept: "text/html, text/*" });
    assert.deepEqual([answer.status, answer.body.error?.code], [406, "log_not_acceptable"]);
  });

  for (const accept of ["application/json", "text/plain"]) {
    test(`has an empty log as ${accept}, too`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(rig, ["01A"], {}, "");
      const answer = await rig.send("GET", `${CALLS}/01A/log`, undefined, { accept });
      assert.equal(answer.status, 200);
    });
  }

  for (const target of [`${CALLS}/dummy/log`, "/v1/apps/other/calls/01A/log"]) {
    test(`finds no log at ${target}: id and app must match`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(rig, ["01A"], {}, LOG);
      const answer = await rig.send("GET", target);
      assert.deepEqual([answer.status, answer.body.error?.code], [404, "log_not_found"]);
    });
  }
});

describe("calls that are answered but not yet stored", () => {
  for (const target of [CALLS, `${CALLS}/01A`, `${CALLS}/01A/log`]) {
    test(`are stored before ${target} is read`, async (t) => {
      const rig: Rig = await openRig(t, { flushCalls: async () => seedCalls(rig, ["01A"]) });
      const answer = await rig.send("GET", target);
      assert.equal(answer.status, 200);
      assert.ok(answer.text.includes("01A"));
    });
  }
});
