/** What a function sees of a call by route, end to end: the formats alone are tested in `format/`. */
import assert from "node:assert/strict";
import type { RequestOptions } from "node:http";
import { describe, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import type { FakeProcess } from "../driver/fake/driver.ts";
import { type AgentRigOptions, afterInput, answerHttp, startAgentNode } from "./agent-rig.suite.ts";
import { type Answer, call } from "./invoke-rig.suite.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("API reference 3.1: from request to call", () => {
  test("the call id is in the answer, with every header of the route", async () => {
    const { answer, seen } = await callHot({ trigger: { headers: { "X-A": ["1", "2"] } } });
    assert.equal(fieldOf(seen, "Fn_call_id"), answer.headers.fn_call_id);
    assert.equal(answer.headers["x-a"], "1, 2");
  });

  test("what the platform says of the call wins over what the client sends under those names", async () => {
    const headers = { FN_METHOD: "MINE", FN_REQUEST_URL: "MINE", FN_CALL_ID: "MINE" };
    const { answer, seen, port } = await callHot({}, { headers });
    assert.equal(fieldOf(seen, "Fn_method"), "GET");
    assert.equal(fieldOf(seen, "Fn_request_url"), `http://127.0.0.1:${port}/r/app/x?q=1`);
    assert.equal(fieldOf(seen, "Fn_call_id"), answer.headers.fn_call_id);
    assert.doesNotMatch(seen, /MINE/);
  });

  test("the deadline is the time of the request and the timeout of the route", async () => {
    const clock = new FakeClock();
    const { seen } = await callHot({ fn: { timeoutS: 60 }, clock });
    assert.equal(Date.parse(fieldOf(seen, "Fn_deadline") ?? ""), clock.nowMs() + 60_000);
  });

  test("every other header of the request is handed on", async () => {
    const { seen } = await callHot({}, { headers: { "X-Tag": "a" } });
    assert.equal(fieldOf(seen, "X-Tag"), "a");
  });
});

describe("API reference 3.2: environment of the container", () => {
  const config = {
    app: { config: { A: "app", B: "app", FN_PATH: "mine" } },
    fn: { config: { B: "fn", FN_MEMORY: "1" }, memoryMib: 256, cpusMilli: 500 },
  };
  const stable = {
    A: "app",
    B: "fn",
    FN_APP_NAME: "app",
    FN_PATH: "/x",
    FN_MEMORY: "256",
    FN_TYPE: "sync",
    FN_CPUS: "500m",
  };

  test("a hot container's: config of app and route, under what the platform sets, and nothing of a call", async () => {
    const { env } = await callHot(config);
    for (const [name, value] of Object.entries({ ...stable, FN_FORMAT: "http" }))
      assert.equal(env[name], value);
    const ofCalls = ["FN_CALL_ID", "FN_METHOD", "FN_REQUEST_URL", "FN_DEADLINE"];
    assert.deepEqual(
      Object.keys(env).filter((name) => ofCalls.includes(name) || name.startsWith("FN_HEADER_")),
      [],
    );
  });

  test("a cold container's: the same, and all of its call", async () => {
    const headers = { "X-Tag": ["a", "b"] };
    const { env, answer, port } = await callCold(config, { headers });
    const ofCall = {
      FN_CALL_ID: answer.headers.fn_call_id,
      FN_METHOD: "POST",
      FN_REQUEST_URL: `http://127.0.0.1:${port}/r/app/x?q=1`,
      "FN_HEADER_X-Tag": "a, b",
      FN_HEADER_Fn_deadline: env.FN_DEADLINE,
    };
    const expected = { ...stable, FN_FORMAT: "default", ...ofCall };
    for (const [name, value] of Object.entries(expected)) assert.equal(env[name], value, name);
    assert.equal("FN_HEADER_Host" in env || "FN_HEADER_Transfer-Encoding" in env, false);
  });

  test("has no FN_CPUS while cpus are unlimited", async () => {
    const { env } = await callHot();
    assert.equal("FN_CPUS" in env, false);
  });
});

describe("API reference 3.3: what the function reads and writes", () => {
  test("default: the raw body in, raw bytes out", async () => {
    const { input, answer } = await callCold({}, {}, "raw \u00e4");
    assert.equal(input, "raw \u00e4");
    assert.equal(answer.body, "cold");
  });

  test("http: one HTTP/1.1 request in, one response out", async () => {
    const { seen, answer } = await callHot({}, { headers: { "X-B": "1", "X-A": "2" } });
    const [requestLine, host, ...rest] = seen.split("\r\n");
    assert.equal(requestLine, "GET /r/app/x?q=1 HTTP/1.1");
    assert.match(host ?? "", /^Host: 127\.0\.0\.1:\d+$/);
    const names = rest.map((line) => line.slice(0, line.indexOf(":")));
    assert.deepEqual(
      names.filter((name) => /^(Fn_|X-)/.test(name)),
      ["Fn_call_id", "Fn_deadline", "Fn_method", "Fn_request_url", "X-A", "X-B"],
    );
    assert.equal(answer.body, "ok");
  });

  test("json: one object in, one object out", async () => {
    let text = "";
    const play = ({ stdin, stdout }: FakeProcess) => {
      stdin.on("data", (part) => {
        text += part;
        if (!text.endsWith("\n\n")) return;
        stdout.write('{"body":"said","protocol":{"status_code":201,"headers":{"X-A":["1"]}}}\n');
      });
    };
    const rig = await startAgentNode(play, { fn: { format: "json" } });
    const headers = { "Content-Type": "text/plain" };
    const answer = await call(rig.port, "/r/app/x?q=1", { method: "POST", headers }, "hello");
    const { call_id, content_type, body, protocol } = JSON.parse(text);
    assert.deepEqual([call_id, content_type, body], [answer.headers.fn_call_id, "text/plain", "hello"]);
    assert.deepEqual(
      [protocol.type, protocol.request_url, protocol.headers.Fn_method],
      ["sync", `http://127.0.0.1:${rig.port}/r/app/x?q=1`, ["POST"]],
    );
    assert.deepEqual([answer.status, answer.headers["x-a"], answer.body], [201, "1", "said"]);
  });
});

/** Calls a function of format `http`, and tells what it has read. */
async function callHot(options: AgentRigOptions = {}, request: RequestOptions = {}) {
  let seen = "";
  let env: FakeProcess["env"] = {};
  const play = (process: FakeProcess) => {
    env = process.env;
    answerHttp(OK, (head) => {
      seen = head;
    })(process);
  };
  const rig = await startAgentNode(play, { ...options, fn: { ...options.fn, format: "http" } });
  const answer: Answer = await call(rig.port, "/r/app/x?q=1", request);
  return { answer, seen, env, port: rig.port };
}

/** The same of format `default`. */
async function callCold(options: AgentRigOptions, request: RequestOptions, body = "") {
  let input = "";
  let env: FakeProcess["env"] = {};
  const play = afterInput((text, process) => {
    input = text;
    env = process.env;
    process.stdout.write("cold");
    process.exit();
  });
  const rig = await startAgentNode(play, { ...options, fn: { ...options.fn, format: "default" } });
  const answer: Answer = await call(rig.port, "/r/app/x?q=1", { method: "POST", ...request }, body);
  return { answer, input, env, port: rig.port };
}

/** A field of a head, as text. */
function fieldOf(head: string, name: string): string | undefined {
  const start = `${name}: `;
  return head
    .split("\r\n")
    .find((line) => line.startsWith(start))
    ?.slice(start.length);
}
