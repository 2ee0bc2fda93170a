import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });

/** Server-sent events as a server writes them. */
const events = (...told: [type: string, data: object][]) =>
  told.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join("");

const OF_APP = "GET /v1/apps/myapp/logs?follow=1";
const OF_CALL = "GET /v1/apps/myapp/calls/C1/log?follow=1";

describe("fn logs", () => {
  test("prints the log of the newest call without more", async () => {
    const call = { id: "C1", app_name: "myapp", path: "/a", status: "success" };
    api.reply("GET /v1/apps/myapp/calls?per_page=1", { body: { calls: [call] } });
    api.reply("GET /v1/apps/myapp/calls/C1/log", { body: { log: { log: "a line\n" } } });
    assert.equal((await fn("logs", "myapp")).stdout, "a line\n");
  });

  test("prints that of the newest call of one route with --path", async () => {
    const call = { id: "C2", app_name: "myapp", path: "/b", status: "success" };
    api.reply("GET /v1/apps/myapp/calls?path=%2Fb&per_page=1", { body: { calls: [call] } });
    api.reply("GET /v1/apps/myapp/calls/C2/log", { body: { log: { log: "b\n" } } });
    assert.equal((await fn("logs", "myapp", "--path", "b")).stdout, "b\n");
  });

  test("prints JSON with --json", async () => {
    api.reply("GET /v1/apps/myapp/calls/C1/log", { body: { log: { log: "a\n" } } });
    const { stdout } = await fn("logs", "myapp", "C1", "--json");
    assert.deepEqual(JSON.parse(stdout), { call_id: "C1", log: "a\n" });
  });
});

describe("fn logs --follow of a call", () => {
  const log = (text: string) => ["log", { call_id: "C1", path: "/a", text }] as [string, object];
  const end: [string, object] = ["end", { call_id: "C1", status: "success" }];

  test("prints what it writes as it is, and ends with the call", async () => {
    api.reply(OF_CALL, { body: events(log("a li"), log("ne\nthe rest"), end, log("never")) });
    assert.deepEqual(await fn("logs", "myapp", "C1", "--follow"), {
      code: 0,
      stdout: "a line\nthe rest",
      stderr: "",
    });
  });

  test("is also fn logs get --follow", async () => {
    api.reply(OF_CALL, { body: events(log("x"), end) });
    assert.equal((await fn("get", "logs", "myapp", "C1", "-f")).stdout, "x");
  });

  test("asks for events, with the token", async () => {
    api.reply(OF_CALL, { body: events(end) });
    await runInProcess(["logs", "myapp", "C1", "-f"], { FN_API_URL: api.url, FN_TOKEN: "secret" });
    assert.equal(api.requests[0]?.headers.accept, "text/event-stream");
    assert.equal(api.requests[0]?.headers.authorization, "Bearer secret");
  });

  test("fails when the server ends it before the call has ended", async () => {
    api.reply(OF_CALL, { body: events(log("x\n")) });
    const ran = await fn("logs", "myapp", "C1", "-f");
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: the server ended the log\n"]);
  });

  test("fails with the server's message", async () => {
    api.reply(OF_CALL, { status: 404, body: { error: { message: "Call not found" } } });
    assert.equal((await fn("logs", "myapp", "C1", "-f")).stderr, "ERROR: Call not found\n");
  });
});

describe("fn logs --follow of an app", () => {
  const log = (call_id: string, text: string) => ["log", { call_id, path: "/a", text }] as [string, object];

  test("puts the call before each line, and ends a line that another call breaks into", async () => {
    const told = [log("C1", "one\ntwo"), log("C2", "three\n"), log("C1", "four")];
    api.reply(OF_APP, { body: events(...told, ["end", { call_id: "C1", status: "success" }]) });
    const { stdout } = await fn("logs", "myapp", "--follow");
    assert.equal(stdout, "/a C1 | one\n/a C1 | two\n/a C2 | three\n/a C1 | four\n");
  });

  test("follows one route with --path", async () => {
    api.reply(`${OF_APP}&path=%2Fa`, { body: events(log("C1", "x\n")) });
    assert.equal((await fn("logs", "myapp", "--follow", "--path", "a")).stdout, "/a C1 | x\n");
  });

  test("prints an object on each line with --json", async () => {
    api.reply(OF_APP, { body: events(log("C1", "x\n"), ["end", { call_id: "C1", status: "error" }]) });
    const lines = (await fn("logs", "myapp", "-f", "--json")).stdout.trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [
        { type: "log", call_id: "C1", path: "/a", text: "x\n" },
        { type: "end", call_id: "C1", status: "error" },
      ],
    );
  });

  test("says on standard error what was lost, and passes over what it does not know", async () => {
    api.reply(OF_APP, { body: events(["lost", { events: 3 }], ["news", {}], log("C1", "x\n")) });
    const ran = await fn("logs", "myapp", "-f");
    assert.equal(ran.stdout, "/a C1 | x\n");
    assert.match(ran.stderr, /^3 parts of the log are lost/);
  });
});
