import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });

const call = {
  id: "01C3A",
  app_name: "myapp",
  path: "/hello",
  created_at: "2018-01-10T00:00:00.000Z",
  started_at: "2018-01-10T00:00:01.000Z",
  completed_at: "2018-01-10T00:00:02.000Z",
  status: "success",
};

const BLOCK = `ID: 01C3A
App: myapp
Route: /hello
Created At: 2018-01-10T00:00:00.000Z
Started At: 2018-01-10T00:00:01.000Z
Completed At: 2018-01-10T00:00:02.000Z
Status: success

`;

describe("fn calls get", () => {
  test("prints the call over several lines and an empty one", async () => {
    api.reply("GET /v1/apps/myapp/calls/01C3A", { body: { call } });
    assert.deepEqual(await fn("calls", "get", "myapp", "01C3A"), { code: 0, stdout: BLOCK, stderr: "" });
  });

  test("prints the reason of a failed call, and a time that never came as the zero time", async () => {
    const failed = { ...call, status: "error", error: "container exit code 1", started_at: undefined };
    api.reply("GET /v1/apps/myapp/calls/01C3A", { body: { call: failed } });
    const lines = (await fn("calls", "get", "myapp", "01C3A")).stdout.split("\n");
    assert.ok(lines.includes("Started At: 0001-01-01T00:00:00.000Z"));
    assert.ok(lines.includes("Error reason: container exit code 1"));
  });

  test("prints JSON with --json", async () => {
    api.reply("GET /v1/apps/myapp/calls/01C3A", { body: { call } });
    assert.deepEqual(JSON.parse((await fn("calls", "get", "myapp", "01C3A", "--json")).stdout), call);
  });

  test("fails with the server's message for an unknown call", async () => {
    api.reply("GET /v1/apps/myapp/calls/X", { status: 404, body: { error: { message: "Call not found" } } });
    const ran = await fn("calls", "get", "myapp", "X");
    assert.deepEqual(ran, { code: 1, stdout: "", stderr: "ERROR: Call not found\n" });
  });
});

describe("the id of a call", () => {
  test("is refused when it would climb to another path of the API", async () => {
    assert.equal((await fn("calls", "get", "myapp", "..")).code, 1);
    assert.deepEqual(api.requests, []);
  });
});

describe("fn calls list", () => {
  test("prints a block for each call", async () => {
    api.reply("GET /v1/apps/myapp/calls?per_page=100", { body: { calls: [call, call], next_cursor: "" } });
    assert.equal((await fn("calls", "list", "myapp")).stdout, BLOCK + BLOCK);
  });

  test("prints nothing when there are none", async () => {
    api.reply("GET /v1/apps/myapp/calls?per_page=100", { body: { calls: [], next_cursor: "" } });
    assert.deepEqual(await fn("calls", "list", "myapp"), { code: 0, stdout: "", stderr: "" });
  });

  test("filters by path and by times, which it sends as Unix seconds", async () => {
    const query = "path=%2Fhello&from_time=1515542400&to_time=1515546000&per_page=5";
    api.reply(`GET /v1/apps/myapp/calls?${query}`, { body: { calls: [call], next_cursor: "" } });
    const from = ["--from-time", "2018-01-10T00:00:00Z"];
    const to = ["--to-time", "2018-01-10T02:00:00.5+01:00"];
    const ran = await fn("calls", "list", "myapp", "--path", "hello", ...from, ...to, "--n", "5");
    assert.equal(ran.stdout, BLOCK);
  });

  for (const time of ["yesterday", "2018-01-10", "2018-13-10T00:00:00Z"]) {
    test(`is a wrong use with the time '${time}'`, async () => {
      assert.equal((await fn("calls", "list", "myapp", "--from-time", time)).code, 2);
    });
  }

  test("prints JSON with --json", async () => {
    api.reply("GET /v1/apps/myapp/calls?per_page=100", { body: { calls: [call], next_cursor: "" } });
    assert.deepEqual(JSON.parse((await fn("calls", "list", "myapp", "--json")).stdout), [call]);
  });
});

describe("fn calls list --status", () => {
  test("asks for calls of that status", async () => {
    api.reply("GET /v1/apps/myapp/calls?status=dead&per_page=100", { body: { calls: [call] } });
    assert.equal((await fn("list", "calls", "myapp", "--status", "dead")).stdout, BLOCK);
  });

  test("is a wrong use with another one", async () => {
    assert.equal((await fn("calls", "list", "myapp", "--status", "lost")).code, 2);
  });
});

describe("fn calls cancel", () => {
  test("deletes the call", async () => {
    api.reply("DELETE /v1/apps/myapp/calls/01C3A", { body: { call } });
    assert.equal((await fn("cancel", "call", "myapp", "01C3A")).stdout, "Call 01C3A cancelled\n");
  });

  test("fails with the server's message when it has ended", async () => {
    const error = { message: "The call has ended", code: "call_ended" };
    api.reply("DELETE /v1/apps/myapp/calls/01C3A", { status: 409, body: { error } });
    assert.equal((await fn("calls", "cancel", "myapp", "01C3A")).stderr, "ERROR: The call has ended\n");
  });
});

describe("fn calls redrive", () => {
  test("has one call run again", async () => {
    api.reply("POST /v1/apps/myapp/calls/01C3A/redrive", { body: { call } });
    assert.equal((await fn("redrive", "call", "myapp", "01C3A")).stdout, "Call 01C3A queued again\n");
  });

  test("has all of a route run again with --all", async () => {
    api.reply("POST /v1/apps/myapp/calls/redrive?path=%2Fhello", { body: { redriven: 7, more: false } });
    const ran = await fn("calls", "redrive", "myapp", "--all", "--path", "hello");
    assert.equal(ran.stdout, "7 calls queued again\n");
  });

  test("ends when none can be taken, whatever the server says", async () => {
    api.reply("POST /v1/apps/myapp/calls/redrive", { body: { redriven: 0, more: true } });
    assert.equal((await fn("calls", "redrive", "myapp", "--all")).stdout, "0 calls queued again\n");
  });

  for (const argv of [[], ["01C3A", "--all"]]) {
    test(`is a wrong use with '${argv.join(" ")}'`, async () => {
      assert.equal((await fn("calls", "redrive", "myapp", ...argv)).code, 2);
    });
  }
});

describe("fn logs get", () => {
  const withLog = (log: string) =>
    api.reply("GET /v1/apps/myapp/calls/01C3A/log", { body: { log: { call_id: "01C3A", log } } });

  test("prints the log as it is, nothing added", async () => {
    withLog("a line\nanother without an end");
    const ran = await fn("logs", "get", "myapp", "01C3A");
    assert.deepEqual(ran, { code: 0, stdout: "a line\nanother without an end", stderr: "" });
  });

  test("takes 'last' for the newest call", async () => {
    api.reply("GET /v1/apps/myapp/calls?per_page=1", { body: { calls: [call], next_cursor: "01C3A" } });
    withLog("newest\n");
    assert.equal((await fn("logs", "get", "myapp", "last")).stdout, "newest\n");
  });

  test("fails for 'last' when there was no call", async () => {
    api.reply("GET /v1/apps/myapp/calls?per_page=1", { body: { calls: [], next_cursor: "" } });
    const ran = await fn("logs", "get", "myapp", "last");
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: No previous calls found.\n"]);
  });
});
