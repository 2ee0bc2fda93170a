import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());
const sent = () => JSON.parse(api.requests.at(-1)?.body ?? "{}");

const FIND_APP = "GET /v2/apps?name=myapp&per_page=1";
const FIND_FN = "GET /v2/fns?app_id=A1&name=hello&per_page=1";
const hello = { id: "F1", app_id: "A1", name: "hello", image: "me/hello:1", config: { A: "1" } };

function withApp(): void {
  api.reply(FIND_APP, { body: { items: [{ id: "A1", name: "myapp" }] } });
}

function withFn(): void {
  withApp();
  api.reply(FIND_FN, { body: { items: [hello] } });
  api.reply("PUT /v2/fns/F1", { body: hello });
}

describe("fn fns create", () => {
  const create = (...argv: string[]) => {
    withApp();
    api.reply("POST /v2/fns", { body: hello });
    return fn("fns", "create", "myapp", "hello", ...argv);
  };

  test("posts name, app and image, and nothing that was not given", async () => {
    const ran = await create("me/hello:1");
    assert.deepEqual(sent(), { name: "hello", app_id: "A1", image: "me/hello:1" });
    assert.deepEqual(ran, {
      code: 0,
      stdout: "Successfully created function: hello with me/hello:1\n",
      stderr: "",
    });
  });

  test("sends every setting in its own type", async () => {
    const limits = ["--memory", "256", "--cpus", "500m", "--timeout", "60", "--idle-timeout", "10"];
    const kind = ["--type", "async", "--format", "http-stream", "--retries", "3", "--retry-delay", "0"];
    const maps = ["--config", "A=1", "--secret", "S=2", "--annotation", 'note={"a":1}'];
    await create("-i", "dir:functions/hello", ...limits, ...kind, ...maps);
    assert.deepEqual(sent(), {
      name: "hello",
      app_id: "A1",
      image: "dir:functions/hello",
      memory: 256,
      cpus: "500m",
      timeout: 60,
      idle_timeout: 10,
      type: "async",
      format: "http-stream",
      retries: 3,
      retry_delay: 0,
      config: { A: "1" },
      secrets: { S: "2" },
      annotations: { note: { a: 1 } },
    });
  });

  test("fails for an unknown app before anything is made", async () => {
    api.reply("GET /v2/apps?name=x&per_page=1", { body: { items: [] } });
    const ran = await fn("fns", "create", "x", "hello", "me/hello:1");
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: App not found\n"]);
  });

  for (const wrong of [["me/hello"], [], ["me/hello:1", "--retries", "-1"]]) {
    test(`is a wrong use with '${wrong.join(" ")}'`, async () => {
      assert.equal((await create(...wrong)).code, 2);
    });
  }
});

describe("fn fns list", () => {
  test("prints a table", async () => {
    withApp();
    api.reply("GET /v2/fns?app_id=A1&per_page=100", { body: { items: [hello] } });
    assert.equal(
      (await fn("list", "functions", "myapp")).stdout,
      "NAME   IMAGE       ID\nhello  me/hello:1  F1\n",
    );
  });

  test("prints JSON with --json", async () => {
    withApp();
    api.reply("GET /v2/fns?app_id=A1&per_page=100", { body: { items: [hello] } });
    assert.deepEqual(JSON.parse((await fn("fns", "list", "myapp", "--json")).stdout), [hello]);
  });
});

describe("fn fns inspect", () => {
  test("prints a part of it", async () => {
    withFn();
    assert.equal((await fn("fns", "inspect", "myapp", "hello", "config.A")).stdout, '"1"\n');
  });

  test("prints where it is called with --endpoint, as this command reaches the server", async () => {
    withFn();
    assert.equal(
      (await fn("inspect", "fn", "myapp", "hello", "--endpoint")).stdout,
      `${api.url}/invoke/F1\n`,
    );
  });

  test("fails for an unknown function", async () => {
    withApp();
    api.reply(FIND_FN, { body: { items: [] } });
    const ran = await fn("fns", "inspect", "myapp", "hello");
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: Fn not found\n"]);
  });
});

describe("fn fns update", () => {
  test("puts only what was given", async () => {
    withFn();
    await fn("update", "fn", "myapp", "hello", "me/hello:2", "--memory", "256");
    assert.deepEqual(sent(), { image: "me/hello:2", memory: 256 });
  });

  test("is a wrong use without anything to change", async () => {
    assert.equal((await fn("fns", "update", "myapp", "hello")).code, 2);
  });
});

describe("fn fns config", () => {
  test("unset puts the key with an empty text", async () => {
    withFn();
    const ran = await fn("fns", "config", "unset", "myapp", "hello", "A");
    assert.deepEqual(sent(), { config: { A: "" } });
    assert.equal(ran.stdout, "removed key 'A' from function 'hello' of app 'myapp'\n");
  });
});

describe("fn fns delete", () => {
  const withTriggers = (triggers: unknown[]) => {
    withFn();
    api.reply("GET /v2/triggers?app_id=A1&fn_id=F1&per_page=1", { body: { items: triggers } });
    api.reply("DELETE /v2/fns/F1", { status: 204, body: "" });
  };
  const trigger = { id: "T1", fn_id: "F1", name: "t", type: "http", source: "/t" };

  test("deletes one without triggers at once", async () => {
    withTriggers([]);
    assert.equal((await fn("fns", "delete", "myapp", "hello")).stdout, "Function hello deleted\n");
    assert.ok(asked().includes("DELETE /v2/fns/F1"));
  });

  test("keeps one with triggers when the answer is no", async () => {
    withTriggers([trigger]);
    const ran = await fn("fns", "delete", "myapp", "hello");
    assert.deepEqual([ran.code, ran.stdout], [1, ""]);
    assert.ok(!asked().includes("DELETE /v2/fns/F1"));
  });

  test("asks nothing with --force, whether --recursive or not", async () => {
    withTriggers([trigger]);
    assert.equal((await fn("delete", "fn", "myapp", "hello", "-r", "-f")).code, 0);
    assert.ok(asked().includes("DELETE /v2/fns/F1"));
  });
});
