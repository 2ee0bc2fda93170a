import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { type FakeApi, runInProcess, startFakeApi } from "./common/fake-api.suite.ts";

let api: FakeApi;
before(async () => {
  api = await startFakeApi();
});
afterEach(() => api.reset());
after(() => api.stop());

const fn = (argv: readonly string[], env = {}) => runInProcess(argv, { FN_API_URL: api.url, ...env });

describe("fn", () => {
  test("prints its help without a command", async () => {
    const ran = await fn([]);
    assert.deepEqual([ran.code, ran.stderr], [0, ""]);
    assert.match(ran.stdout, /^Usage: fn /);
  });

  test("names the environment it reads in its help", async () => {
    const { stdout } = await fn(["--help"]);
    assert.match(stdout, /FN_API_URL/);
    assert.match(stdout, /FN_TOKEN/);
  });

  for (const group of [["apps"], ["routes"], ["calls"], ["logs"], ["apps", "config"]]) {
    test(`prints the help of '${group.join(" ")}' without a command of it`, async () => {
      const ran = await fn(group);
      assert.deepEqual([ran.code, ran.stderr], [0, ""]);
      assert.ok(ran.stdout.startsWith(`Usage: fn ${group.join(" ")} `));
    });
  }

  for (const [wrong, suggestion] of [
    [["rotes", "list"], "routes"],
    [["apps", "lst"], "list"],
    [["apps", "config", "sett"], "set"],
  ] as const) {
    test(`suggests '${suggestion}' for '${wrong.join(" ")}' and exits with 2`, async () => {
      const ran = await fn(wrong);
      assert.deepEqual([ran.code, ran.stdout], [2, ""]);
      assert.match(ran.stderr, new RegExp(`^ERROR: unknown command .*\n.*${suggestion}`));
    });
  }

  for (const wrong of [
    ["apps", "create"],
    ["apps", "create", "a", "b"],
    ["apps", "list", "--nope"],
    ["apps", "list", "--n", "0"],
    ["apps", "list", "--output", "xml"],
  ]) {
    test(`exits with 2 and a sentence on standard error for '${wrong.join(" ")}'`, async () => {
      const ran = await fn(wrong);
      assert.deepEqual([ran.code, ran.stdout], [2, ""]);
      assert.match(ran.stderr, /^ERROR: /);
    });
  }

  test("takes options after arguments as well as before", async () => {
    api.reply("POST /v1/apps", {});
    await fn(["apps", "create", "--config", "A=1", "myapp", "--config", "B=2"]);
    assert.deepEqual(JSON.parse(api.requests[0]?.body ?? "").app.config, { A: "1", B: "2" });
  });
});

describe("fn version", () => {
  test("prints the versions of both sides", async () => {
    api.reply("GET /version", { body: { version: "0.3.306" } });
    const ran = await fn(["version"]);
    assert.equal(ran.stdout, "Client version:  1.2.3\nServer version:  0.3.306\n");
  });

  test("prints ? for a server that does not answer, and exits with 0", async () => {
    const ran = await fn(["version"], { FN_API_URL: await unusedUrl() });
    assert.deepEqual(ran, { code: 0, stdout: "Client version:  1.2.3\nServer version:  ?\n", stderr: "" });
  });

  test("of the program alone needs no server", async () => {
    assert.equal((await fn(["--version"])).stdout, "fn version 1.2.3\n");
  });
});

describe("FN_API_URL", () => {
  const list = (env: Record<string, string>) => {
    api.reply("GET /v1/apps?per_page=100", { body: { apps: [{ name: "a" }] } });
    api.reply("GET /behind/v1/apps?per_page=100", { body: { apps: [{ name: "behind" }] } });
    return fn(["apps", "list"], env);
  };

  test("may do without the scheme", async () => {
    assert.equal((await list({ FN_API_URL: api.url.replace("http://", "") })).stdout, "a\n");
  });

  test("may have a path, with or without a slash at its end", async () => {
    assert.equal((await list({ FN_API_URL: `${api.url}/behind` })).stdout, "behind\n");
    assert.equal((await list({ FN_API_URL: `${api.url}/behind/` })).stdout, "behind\n");
  });

  for (const wrong of ["ftp://x", "http://", "http://a b"]) {
    test(`is named when it is no address: ${wrong}`, async () => {
      const ran = await list({ FN_API_URL: wrong });
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /^ERROR: FN_API_URL is /);
    });
  }

  test("is named with the address when nobody answers there", async () => {
    const url = await unusedUrl();
    const ran = await list({ FN_API_URL: url });
    assert.deepEqual([ran.code, ran.stdout], [1, ""]);
    assert.equal(
      ran.stderr,
      `ERROR: Cannot reach the server at ${url} (ECONNREFUSED): ` +
        "start it, or set FN_API_URL to the address of one that runs\n",
    );
  });
});

describe("FN_TOKEN", () => {
  test("is sent as a bearer token", async () => {
    await fn(["apps", "list"], { FN_TOKEN: "secret" });
    assert.equal(api.requests[0]?.headers.authorization, "Bearer secret");
  });

  test("is not sent when it is not set", async () => {
    await fn(["apps", "list"]);
    assert.equal(api.requests[0]?.headers.authorization, undefined);
  });
});

describe("an answer that is not Fn's", () => {
  for (const [title, answer] of [
    ["an error without Fn's envelope", { status: 502, body: "<html>Bad\n Gateway</html>" }],
    ["a page instead of JSON", { body: "<html>Welcome</html>" }],
    ["JSON without the list", { body: { items: [] } }],
    ["a list of something else", { body: { apps: [{ title: "x" }] } }],
  ] as const) {
    test(`fails with a part of it shown: ${title}`, async () => {
      api.reply("GET /v1/apps?per_page=100", answer);
      const ran = await fn(["apps", "list"]);
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /^ERROR: .*(Bad Gateway|Welcome|items|title)[^\n]*\n$/);
    });
  }

  test("shows the message of an envelope without a wrapper", async () => {
    api.reply("GET /v1/apps?per_page=100", { status: 429, body: { message: "Too many" } });
    assert.equal((await fn(["apps", "list"])).stderr, "ERROR: Too many\n");
  });
});

describe("bin/fn", () => {
  const program = join(import.meta.dirname, "../../bin/fn");
  const run = promisify(execFile);

  test("reads the environment, prints the answer and exits with 0", async () => {
    api.reply("GET /v1/apps?per_page=100", { body: { apps: [{ name: "a" }] } });
    const { stdout, stderr } = await run(program, ["apps", "list"], {
      env: { ...process.env, FN_API_URL: api.url },
    });
    assert.deepEqual({ stdout, stderr }, { stdout: "a\n", stderr: "" });
  });

  test("passes the exit code on", async () => {
    await assert.rejects(run(program, ["nope"]), { code: 2 });
  });
});

/** An address where nothing listens: one that was free a moment ago. */
async function unusedUrl(): Promise<string> {
  const gone = await startFakeApi();
  await gone.stop();
  return gone.url;
}
