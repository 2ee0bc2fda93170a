import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { runInProcess, startFakeApi, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());

const FIND_FN = "GET /v2/fns?app_id=A1&name=hello&per_page=1";

beforeEach(() => {
  const hello = { id: "F1", app_id: "A1", name: "hello", image: "me/hello:1" };
  api.reply("GET /v2/apps?name=myapp&per_page=1", { body: { items: [{ id: "A1", name: "myapp" }] } });
  api.reply(FIND_FN, { body: { items: [hello] } });
});

describe("fn invoke", () => {
  test("posts to the function's id on the server it was asked of", async () => {
    api.reply("POST /invoke/F1", { body: "hi" });
    const ran = await fn("invoke", "myapp", "hello");
    assert.deepEqual(ran, { code: 0, stdout: "hi", stderr: "" });
  });

  test("takes the body as an argument", async () => {
    api.reply("POST /invoke/F1", { body: "hi" });
    await fn("invoke", "myapp", "hello", '{"name":"Ada"}');
    assert.equal(asked().at(-1), 'POST /invoke/F1 {"name":"Ada"}');
  });

  test("falls back to the route of that path", async () => {
    api.reply(FIND_FN, { body: { items: [] } });
    const route = { path: "/hello", image: "me/hello:1" };
    api.reply("GET /v1/apps/myapp/routes/hello", { body: { route } });
    api.reply("POST /r/myapp/hello", { body: "by route" });
    assert.equal((await fn("invoke", "myapp", "hello")).stdout, "by route");
  });

  test("says so when there is neither", async () => {
    api.reply(FIND_FN, { body: { items: [] } });
    const ran = await fn("invoke", "myapp", "hello");
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: there is no function 'hello' in app 'myapp'\n"]);
  });

  test("tells why it cannot look for the route", async () => {
    api.reply(FIND_FN, { body: { items: [] } });
    api.reply("GET /v1/apps/myapp/routes/hello", {
      status: 503,
      body: { error: { message: "no database" } },
    });
    const ran = await fn("invoke", "myapp", "hello");
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: no database\n"]);
  });

  test("prints body, headers and status with --output json", async () => {
    api.reply("POST /invoke/F1", { body: "hi", headers: { "Fn-Call-Id": "01C3A", "X-A": "1" } });
    const printed = JSON.parse((await fn("invoke", "myapp", "hello", "--output", "json")).stdout);
    assert.deepEqual([printed.body, printed.status_code, printed.call_id], ["hi", 200, "01C3A"]);
    assert.equal(printed.headers["x-a"], "1");
  });

  test("does not wait with --async, and prints the id of the call", async () => {
    api.reply("POST /invoke/F1", { status: 202, body: "", headers: { "Fn-Call-Id": "01C3A" } });
    const ran = await fn("invoke", "myapp", "hello", "--async");
    assert.equal(api.requests.at(-1)?.headers["fn-invoke-type"], "detached");
    assert.equal(ran.stdout, "01C3A\n");
  });

  test("prints how long each step took on standard error with --show-timeline", async () => {
    const timing = "queue;dur=1.250, run;dur=20.000";
    api.reply("POST /invoke/F1", { body: "hi", headers: { "Server-Timing": timing } });
    const ran = await fn("invoke", "myapp", "hello", "--show-timeline");
    assert.equal(api.requests.at(-1)?.headers["fn-show-timeline"], "1");
    assert.deepEqual(ran.stderr.replace(/ +/g, " "), "queue 1.250 ms\nrun 20.000 ms\n");
  });

  test("keeps the token from another server that --endpoint names", async () => {
    const other = await startFakeApi();
    try {
      other.reply("POST /f", { body: "hi" });
      await runInProcess(["invoke", "myapp", "hello", "--endpoint", `${other.url}/f`], {
        FN_API_URL: api.url,
        FN_TOKEN: "secret",
      });
      assert.equal(other.requests[0]?.headers.authorization, undefined);
    } finally {
      await other.stop();
    }
  });

  for (const wrong of [
    ["body", "--data", "body"],
    ["--endpoint", "nowhere"],
  ]) {
    test(`is a wrong use with '${wrong.join(" ")}'`, async () => {
      assert.equal((await fn("invoke", "myapp", "hello", ...wrong)).code, 2);
    });
  }
});
