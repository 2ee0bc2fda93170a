import assert from "node:assert/strict";
import { once } from "node:events";
import { createReadStream, openSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { systemClock } from "../../clock/clock.ts";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";
import { runFn } from "../run.ts";

const api = useFakeApi();

const atTerminal = (argv: readonly string[], env = {}) => runInProcess(argv, { FN_API_URL: api.url, ...env });
const piped = (input: string, argv: readonly string[]) =>
  runInProcess(argv, { FN_API_URL: api.url }, Readable.from([Buffer.from(input)]));
const answer = (request: string, body: string) =>
  api.reply(request, { body, headers: { "Fn-Call-Id": "01C3A" } });
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());

describe("fn call", () => {
  test("copies the answer to standard output unchanged", async () => {
    answer("GET /r/myapp/hello", "Hello, World!\n");
    const ran = await atTerminal(["call", "myapp", "/hello"]);
    assert.deepEqual(ran, { code: 0, stdout: "Hello, World!\n", stderr: "" });
  });

  test("is also fn routes call", async () => {
    answer("GET /r/myapp/hello", "hi");
    assert.equal((await atTerminal(["routes", "call", "myapp", "hello"])).stdout, "hi");
  });

  test("sends GET without a body at a terminal", async () => {
    answer("GET /r/myapp", "");
    await atTerminal(["call", "myapp", "/"]);
    assert.equal(api.requests[0]?.headers["content-type"], undefined);
  });

  test("takes no body from a device that is no terminal, either", async () => {
    answer("GET /r/myapp/hello", "hi");
    const stdin = createReadStream("", { fd: openSync("/dev/null", "r") });
    await runInProcess(["call", "myapp", "/hello"], { FN_API_URL: api.url }, stdin);
    assert.deepEqual(asked(), ["GET /r/myapp/hello"]);
  });

  test("says what it waits for when nothing is piped in for a second", async () => {
    answer("POST /r/myapp/hello", "hi");
    const clock = new FakeClock();
    const stdin = new PassThrough();
    const run = runInProcess(["call", "myapp", "/hello"], { FN_API_URL: api.url }, stdin, clock);
    while (clock.pending === 0) await settle();
    await clock.advance(1000);
    stdin.end("late");
    assert.match((await run).stderr, /^Reading the body from standard input/);
    assert.deepEqual(asked(), ["POST /r/myapp/hello late"]);
  });

  test("sends the query behind the path", async () => {
    answer("GET /r/myapp/hello?a=1&b=/?", "hi");
    assert.equal((await atTerminal(["call", "myapp", "/hello?a=1&b=/?"])).stdout, "hi");
  });

  test("posts what is piped in, as JSON unless told otherwise", async () => {
    answer("POST /r/myapp/hello", "");
    await piped('{"name":"Ada"}', ["call", "myapp", "/hello"]);
    assert.deepEqual(asked(), ['POST /r/myapp/hello {"name":"Ada"}']);
    assert.equal(api.requests[0]?.headers["content-type"], "application/json");
  });

  test("posts --data and leaves standard input alone", async () => {
    answer("POST /r/myapp/hello", "");
    await piped("not this", ["call", "myapp", "/hello", "--data", "Ada", "--content-type", "text/plain"]);
    assert.deepEqual(asked(), ["POST /r/myapp/hello Ada"]);
    assert.equal(api.requests[0]?.headers["content-type"], "text/plain");
  });

  test("posts the file that --file names", async () => {
    answer("POST /r/myapp/hello", "");
    await atTerminal(["call", "myapp", "/hello", "--file", join(import.meta.dirname, "../../../LICENSE")]);
    assert.match(api.requests[0]?.body ?? "", /Apache License/);
  });

  for (const path of ["/no/such/file", import.meta.dirname]) {
    test(`says in one sentence that it cannot read ${path === import.meta.dirname ? "a folder" : path}`, async () => {
      const ran = await atTerminal(["call", "myapp", "/hello", "--file", path]);
      assert.deepEqual([ran.code, asked()], [1, []]);
      assert.match(ran.stderr, /^ERROR: cannot read [^\n]*\n$/);
    });
  }

  test("goes by the trigger with --async, which alone can be asked not to wait", async () => {
    api.reply("POST /t/myapp/hello", { status: 202, headers: { "Fn-Call-Id": "01C3A" }, body: "" });
    const ran = await atTerminal(["call", "myapp", "/hello", "x", "--async"]);
    assert.deepEqual(ran, { code: 0, stdout: "01C3A\n", stderr: "" });
    assert.equal(api.requests[0]?.headers["fn-invoke-type"], "detached");
  });

  test("sends --method and each --header", async () => {
    answer("DELETE /r/myapp/a/b", "");
    const headers = ["--header", "X-A: 1", "--header", "X-A:2", "--header", "X-B: a:b"];
    await atTerminal(["call", "myapp", "/a/b", "--method", "delete", ...headers]);
    assert.equal(api.requests[0]?.headers["x-a"], "1, 2");
    assert.equal(api.requests[0]?.headers["x-b"], "a:b");
  });

  test("sends a body with GET when --method says so", async () => {
    answer("GET /r/myapp/hello", "");
    await piped("Ada", ["call", "myapp", "/hello", "--method", "GET"]);
    assert.deepEqual(asked(), ["GET /r/myapp/hello Ada"]);
  });

  test("a --header wins over what would be sent by itself", async () => {
    answer("POST /r/myapp/hello", "");
    await piped("Ada", ["call", "myapp", "/hello", "--header", "content-type: text/plain"]);
    assert.equal(api.requests[0]?.headers["content-type"], "text/plain");
  });

  test("sends the token", async () => {
    answer("GET /r/myapp/hello", "");
    await atTerminal(["call", "myapp", "/hello"], { FN_TOKEN: "secret" });
    assert.equal(api.requests[0]?.headers.authorization, "Bearer secret");
  });

  test("keeps the path of FN_API_URL", async () => {
    answer("GET /fn/r/myapp/hello", "hi");
    const ran = await atTerminal(["call", "myapp", "/hello"], { FN_API_URL: `${api.url}/fn` });
    assert.equal(ran.stdout, "hi");
  });

  test("prints the id of the call on standard error with --display-call-id", async () => {
    answer("GET /r/myapp/hello", "hi");
    const ran = await atTerminal(["call", "myapp", "/hello", "--display-call-id"]);
    assert.deepEqual(ran, { code: 0, stdout: "hi", stderr: "Call ID: 01C3A\n" });
  });

  test("knows the id's header of 2018, too", async () => {
    api.reply("GET /r/myapp/hello", { body: "hi", headers: { Fn_call_id: "01C3B" } });
    const ran = await atTerminal(["call", "myapp", "/hello", "--display-call-id"]);
    assert.equal(ran.stderr, "Call ID: 01C3B\n");
  });

  test("fails for a status of 400 and above, after the body", async () => {
    api.reply("GET /r/myapp/hello", { status: 503, body: "busy\n" });
    const ran = await atTerminal(["call", "myapp", "/hello"]);
    assert.deepEqual(ran, {
      code: 1,
      stdout: "busy\n",
      stderr: "ERROR: error calling function: status 503\n",
    });
  });

  test("does not follow a redirect", async () => {
    api.reply("GET /r/myapp/hello", { status: 302, body: "moved", headers: { Location: "/elsewhere" } });
    assert.equal((await atTerminal(["call", "myapp", "/hello"])).stdout, "moved");
    assert.equal(api.requests.length, 1);
  });

  for (const wrong of [
    ["--header", "X"],
    ["--header", "a b: 1"],
    ["--header", "X: 1\r\nY: 2"],
    ["--method", "GET /"],
  ]) {
    test(`is a wrong use with ${JSON.stringify(wrong.join(" "))}`, async () => {
      assert.equal((await atTerminal(["call", "myapp", "/hello", ...wrong])).code, 2);
    });
  }
});

describe("the body of an answer", () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function callFunction(handle: RequestListener, stdin: PassThrough) {
    server = createServer(handle);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const env = { FN_API_URL: `127.0.0.1:${typeof address === "object" ? address?.port : ""}` };
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const code = runFn(["call", "myapp", "/hello"], {
      ...{ stdin, stdout, stderr, env, version: "1.2.3" },
      ...{ cwd: process.cwd(), clock: systemClock },
    });
    return { code, stdout, stderr };
  }

  test("arrives while the request is still being sent", async () => {
    const stdin = new PassThrough();
    const run = await callFunction((request, response) => void request.pipe(response), stdin);
    stdin.write("ping");
    assert.equal(String((await once(run.stdout, "data"))[0]), "ping");
    stdin.end();
    assert.equal(await run.code, 0);
  });

  test("is not unpacked", async () => {
    const packed = gzipSync("hello");
    const stdin = new PassThrough();
    const run = await callFunction((_, response) => {
      response.writeHead(200, { "Content-Encoding": "gzip" }).end(packed);
    }, stdin.end());
    assert.equal(await run.code, 0);
    assert.deepEqual(run.stdout.read(), packed);
  });

  test("that breaks off is a failure", async () => {
    const run = await callFunction((_, response) => {
      response.writeHead(200, { "Content-Length": "100" }).write("part", () => response.destroy());
    }, new PassThrough().end());
    assert.equal(await run.code, 1);
    assert.equal(String(run.stderr.read()), "ERROR: the answer broke off before its end\n");
  });

  test("ends the command even if the input has not begun", async () => {
    const stdin = new PassThrough();
    stdin.on("error", () => {});
    const letGo = new Promise((resolve) => stdin.once("close", resolve));
    const run = await callFunction((_, response) => void response.end("enough"), stdin);
    assert.equal(await run.code, 0);
    assert.equal(String(run.stdout.read()), "enough");
    await letGo;
  });
});
