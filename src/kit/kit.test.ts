import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, type TestContext, test } from "node:test";

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "kit-"));
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** Starts `fn-kit` with a module of this text. */
function start(t: TestContext, module: string, env: Record<string, string>): ChildProcess {
  const file = join(dir, `${t.name.replaceAll(/\W+/g, "-")}.js`);
  writeFileSync(file, module);
  const kit = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), file], {
    env: { PATH: process.env.PATH, ...env },
  });
  t.after(() => kit.kill("SIGKILL"));
  return kit;
}

let sockets = 0;

/** Serves a module on a socket, and gives what calls it with these fields. */
async function serve(t: TestContext, module: string) {
  const name = `${++sockets}.sock`;
  const socketPath = join(dir, name);
  const watcher = watch(dir);
  t.after(() => watcher.close());
  const isThere = new Promise<void>((resolve) => {
    watcher.on("change", (_, changed) => changed === name && resolve());
  });
  const kit = start(t, module, {
    FN_FORMAT: "http-stream",
    FN_LISTENER: `unix:${socketPath}`,
    FN_APP_NAME: "demo",
  });
  await Promise.race([isThere, once(kit, "exit").then(() => assert.fail("the kit has ended"))]);
  return async (body: string, headers: Record<string, string> = {}) => {
    const sent = request({ socketPath, method: "POST", path: "/call", headers }).end(body);
    const [answer]: IncomingMessage[] = await once(sent, "response");
    assert.ok(answer);
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
  };
}

const BY_PATH = {
  "Fn-Intent": "httprequest",
  "Fn-Http-Method": "PUT",
  "Fn-Http-Request-Url": "http://localhost:8080/t/demo/x?q=1",
  "Fn-Http-H-X-Tag": "a",
};

describe("a handler of input and context", () => {
  test("gets parsed JSON, and its result becomes JSON", async (t) => {
    const call = await serve(t, "export default ({ n }) => ({ n: n + 1 });");
    const { status, headers, body } = await call('{"n":1}');
    assert.deepEqual([status, headers["content-type"], body], [200, "application/json", '{"n":2}']);
  });

  test("gets the text of a body that is no JSON, and an empty text of none", async (t) => {
    const call = await serve(t, "export default (input) => typeof input + input.length;");
    assert.equal((await call("Ada")).body, '"string3"');
    assert.equal((await call("")).body, '"string0"');
  });

  for (const [mode, shown] of [
    ["string", "string"],
    ["buffer", "object"],
  ]) {
    test(`gets the body as it says: ${mode}`, async (t) => {
      const call = await serve(
        t,
        `export const inputMode = "${mode}"; export default (input) => [typeof input, String(input)];`,
      );
      assert.equal((await call("1")).body, JSON.stringify([shown, "1"]));
    });
  }

  test("reads and answers streams part by part", async (t) => {
    const call = await serve(
      t,
      `export const inputMode = "stream";
       export default async function* (input) { for await (const part of input) yield String(part).toUpperCase(); }`,
    );
    assert.equal((await call("hello")).body, "HELLO");
  });

  test("says status and fields of the HTTP answer", async (t) => {
    const call = await serve(
      t,
      `export default (_, { httpGateway }) => {
         httpGateway.statusCode = 201;
         httpGateway.setResponseHeader("x-a", "1");
         httpGateway.setResponseHeader("content-type", "text/plain");
         return "made";
       };`,
    );
    const { headers, body } = await call("", BY_PATH);
    assert.deepEqual(
      [headers["fn-http-status"], headers["fn-http-h-x-a"], headers["content-type"], body],
      ["201", "1", "text/plain", "made"],
    );
  });

  test("knows the caller's request, the call and its app", async (t) => {
    const call = await serve(
      t,
      `export default (_, context) => {
         const { requestURL, method } = context.httpGateway;
         return [context.callID, context.appName, context.deadline.getTime(), requestURL, method, context.getHeader("x-tag")];
       };`,
    );
    const { body } = await call("", {
      ...BY_PATH,
      "Fn-Call-Id": "01C",
      "Fn-Deadline": "1970-01-01T00:00:01Z",
    });
    assert.deepEqual(JSON.parse(body), ["01C", "demo", 1000, BY_PATH["Fn-Http-Request-Url"], "PUT", "a"]);
  });

  test("that throws is a failure of the function, and is told in its log", async (t) => {
    const call = await serve(t, `export default () => { throw new Error("boom"); };`);
    assert.equal((await call("")).status, 502);
    assert.equal((await call("")).status, 502, "and the next call is taken");
  });
});

describe("a fetch handler", () => {
  for (const [title, module] of [
    ["as a member of the default export", "export default { fetch: HANDLER };"],
    ["as an export of its own", "export const fetch = HANDLER;"],
  ] as const) {
    test(`answers a Request with a Response, ${title}`, async (t) => {
      const handler = `(request) => new Response(request.body, {
        status: 202, headers: { "x-what": request.method + new URL(request.url).search + request.headers.get("x-tag") } })`;
      const call = await serve(t, module.replace("HANDLER", handler));
      const { headers, body } = await call("echo", BY_PATH);
      assert.deepEqual(
        [headers["fn-http-status"], headers["fn-http-h-x-what"], body],
        ["202", "PUT?q=1a", "echo"],
      );
    });
  }

  test("may answer with 502 itself, which is no failure", async (t) => {
    const call = await serve(t, `export const fetch = () => new Response("bad", { status: 502 });`);
    const { status, headers, body } = await call("", BY_PATH);
    assert.deepEqual([status, headers["fn-http-status"], body], [200, "502", "bad"]);
  });

  test("of a call by the function's id has plain fields", async (t) => {
    const call = await serve(
      t,
      `export const fetch = (r) => new Response("", { headers: { "x-got": r.headers.get("x-a") } });`,
    );
    assert.equal((await call("", { "X-A": "1" })).headers["x-got"], "1");
  });
});

describe("a module without a socket", () => {
  const MODULE = `export default (input, context) => { console.log("to the log"); return { input, id: context.callID }; };`;

  test("answers HTTP on its standard streams, call after call", async (t) => {
    const kit = start(t, MODULE, { FN_FORMAT: "http" });
    for (const id of ["1", "2"]) {
      kit.stdin?.write(`POST /r/a/b HTTP/1.1\r\nHost: x\r\nFn_call_id: ${id}\r\nContent-Length: 1\r\n\r\n7`);
      const [answer] = await once(kit.stdout ?? kit, "data");
      assert.match(String(answer), /^HTTP\/1.1 200 OK\r\n/);
      assert.ok(String(answer).endsWith(`\r\n\r\n{"input":7,"id":"${id}"}`));
    }
  });

  test("answers JSON objects, also one that comes in parts", async (t) => {
    const kit = start(t, MODULE, { FN_FORMAT: "json" });
    for (const id of ["1", "2"]) {
      kit.stdin?.write(`{"call_id":"${id}","body":"{}"`);
      kit.stdin?.write(`,"protocol":{"headers":{}}\n}\n\n`);
      const [answer] = await once(kit.stdout ?? kit, "data");
      const { body, content_type, protocol } = JSON.parse(String(answer));
      assert.deepEqual(
        [body, content_type, protocol.status_code],
        [`{"input":{},"id":"${id}"}`, "application/json", 200],
      );
    }
  });

  test("answers one call on its standard streams, and what it prints is no answer", async (t) => {
    const kit = start(t, MODULE, { FN_FORMAT: "default", FN_CALL_ID: "1" });
    kit.stdin?.end("7");
    assert.equal(await text(kit.stdout ?? assert.fail()), '{"input":7,"id":"1"}');
  });

  test("that throws ends with an exit code in the format default", async (t) => {
    const kit = start(t, `export default () => { throw new Error("boom"); };`, { FN_FORMAT: "default" });
    kit.stdin?.end();
    assert.equal((await once(kit, "exit"))[0], 1);
  });
});

describe("the kit ends with exit code 2 for", () => {
  for (const [title, module, format] of [
    ["a module without a handler", "export const x = 1;", "json"],
    ["a module that cannot be loaded", "import './missing.js';", "json"],
    ["an input mode that there is not", "export const inputMode = 'xml'; export default () => 1;", "json"],
    ["a format that there is not", "export default () => 1;", "cloudevent"],
    ["http-stream without a socket", "export default () => 1;", "http-stream"],
  ] as const) {
    test(title, async (t) => {
      const kit = start(t, module, { FN_FORMAT: format });
      assert.equal((await once(kit, "exit"))[0], 2);
    });
  }
});
