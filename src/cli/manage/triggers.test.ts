import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });
const sent = () => JSON.parse(api.requests.at(-1)?.body ?? "{}");

const trigger = { id: "T1", fn_id: "F1", name: "greet", type: "http", source: "/a/b" };

beforeEach(() => {
  const hello = { id: "F1", app_id: "A1", name: "hello", image: "me/hello:1" };
  api.reply("GET /v2/apps?name=myapp&per_page=1", { body: { items: [{ id: "A1", name: "myapp" }] } });
  api.reply("GET /v2/fns?app_id=A1&name=hello&per_page=1", { body: { items: [hello] } });
  api.reply("GET /v2/fns?app_id=A1&per_page=100", { body: { items: [hello] } });
  api.reply("GET /v2/triggers?app_id=A1&fn_id=F1&name=greet&per_page=1", { body: { items: [trigger] } });
});

describe("fn triggers create", () => {
  test("posts it and prints where it is called", async () => {
    api.reply("POST /v2/triggers", { body: trigger });
    const ran = await fn("create", "trigger", "myapp", "hello", "greet", "--source", "a/b");
    assert.deepEqual(sent(), { name: "greet", app_id: "A1", fn_id: "F1", type: "http", source: "/a/b" });
    const endpoint = `${api.url}/t/myapp/a/b`;
    assert.equal(ran.stdout, `Successfully created trigger: greet\nTrigger Endpoint: ${endpoint}\n`);
  });

  for (const wrong of [[], ["--source", "/a", "--type", "cron"]]) {
    test(`is a wrong use with '${wrong.join(" ")}'`, async () => {
      assert.equal((await fn("triggers", "create", "myapp", "hello", "greet", ...wrong)).code, 2);
    });
  }
});

describe("fn triggers list", () => {
  const row = () => `hello     greet  http  /a/b    ${api.url}/t/myapp/a/b`;

  test("prints those of an app with the names of their functions", async () => {
    api.reply("GET /v2/triggers?app_id=A1&per_page=100", { body: { items: [trigger] } });
    assert.equal((await fn("triggers", "list", "myapp")).stdout.split("\n")[1], `${row()}  T1`);
  });

  test("prints those of one function", async () => {
    api.reply("GET /v2/triggers?app_id=A1&fn_id=F1&per_page=100", { body: { items: [trigger] } });
    assert.equal((await fn("list", "triggers", "myapp", "hello")).stdout.split("\n")[1], `${row()}  T1`);
  });
});

describe("fn triggers inspect", () => {
  test("prints where it is called with --endpoint", async () => {
    const ran = await fn("inspect", "trigger", "myapp", "hello", "greet", "--endpoint");
    assert.equal(ran.stdout, `${api.url}/t/myapp/a/b\n`);
  });

  test("fails for an unknown trigger", async () => {
    api.reply("GET /v2/triggers?app_id=A1&fn_id=F1&name=x&per_page=1", { body: { items: [] } });
    assert.equal(
      (await fn("triggers", "inspect", "myapp", "hello", "x")).stderr,
      "ERROR: Trigger not found\n",
    );
  });
});

describe("fn triggers update", () => {
  test("puts only what was given", async () => {
    api.reply("PUT /v2/triggers/T1", { body: trigger });
    await fn("triggers", "update", "myapp", "hello", "greet", "--source", "/c");
    assert.deepEqual(sent(), { source: "/c" });
  });

  test("is a wrong use without anything to change", async () => {
    assert.equal((await fn("triggers", "update", "myapp", "hello", "greet")).code, 2);
  });
});

describe("fn triggers delete", () => {
  test("deletes it by its id", async () => {
    api.reply("DELETE /v2/triggers/T1", { status: 204, body: "" });
    assert.equal(
      (await fn("delete", "trigger", "myapp", "hello", "greet")).stdout,
      "Trigger greet deleted\n",
    );
  });
});
