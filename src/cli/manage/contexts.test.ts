import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { runInProcess, startFakeApi, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fn-home-"));
  api.reply("GET /v2/apps?per_page=100", { body: { items: [{ id: "1", name: "a" }] } });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const fn = (line: string, env: Record<string, string> = {}) =>
  runInProcess(line.split(" "), { HOME: home, ...env });
const contextFile = (name: string) => join(home, ".fn/contexts", `${name}.yaml`);
const read = (path: string) => readFileSync(path, "utf8");
const authorization = () => api.requests.at(-1)?.headers.authorization;

function write(path: string, text: string): void {
  mkdirSync(join(home, ".fn/contexts"), { recursive: true });
  writeFileSync(path, text);
}

describe("without any file", () => {
  test("there is the context 'default'", async () => {
    const [only] = JSON.parse((await fn("list contexts --json")).stdout);
    assert.deepEqual(only, {
      name: "default",
      current: true,
      provider: "default",
      "api-url": "http://localhost:8080",
      registry: "",
      "has-token": false,
    });
  });

  test("nothing is made by looking", async () => {
    await fn("list contexts");
    assert.deepEqual(readdirSync(home), []);
  });
});

describe("fn contexts create", () => {
  const create = () => fn("create context prod --api-url https://fn.example --registry me --token secret");

  test("writes the file of Fn", async () => {
    assert.equal((await create()).stdout, "Successfully created context: prod\n");
    const text = "provider: default\napi-url: https://fn.example\nregistry: me\ntoken: secret\n";
    assert.equal(read(contextFile("prod")), text);
  });

  test("lets nobody else read it", async () => {
    await create();
    assert.equal(statSync(contextFile("prod")).mode & 0o777, 0o600);
  });

  test("leaves nothing beside it", async () => {
    await create();
    assert.deepEqual(readdirSync(join(home, ".fn/contexts")), ["prod.yaml"]);
  });

  test("does not overwrite one", async () => {
    await create();
    assert.equal((await fn("create context prod --api-url http://other")).code, 1);
    assert.match(read(contextFile("prod")), /fn\.example/);
  });

  for (const [line, code] of [
    ["create context ../x", 2],
    ["create context .x", 2],
    ["create context x --api-url ftp://x", 1],
  ] as const) {
    test(`refuses '${line}'`, async () => {
      assert.equal((await fn(line)).code, code);
    });
  }
});

describe("fn contexts use", () => {
  test("has commands talk to that server, with its token", async () => {
    await fn(`create context x --api-url ${api.url} --token secret`);
    await fn("use context x");
    assert.equal((await fn("apps list")).stdout, "a\n");
    assert.equal(authorization(), "Bearer secret");
  });

  test("keeps what others wrote into the file", async () => {
    const config = join(home, ".fn/config.yaml");
    write(config, "# mine\ncli-version: 0.6.1\ncurrent-context: default\n");
    await fn("create context x");
    await fn("use context x");
    assert.equal(read(config), "# mine\ncli-version: 0.6.1\ncurrent-context: x\n");
  });

  test("fails for a context that is not there", async () => {
    assert.equal((await fn("use context x")).code, 1);
  });

  test("is undone by fn unset context", async () => {
    await fn("create context x");
    await fn("use context x");
    await fn("unset context");
    assert.equal(JSON.parse((await fn("inspect context")).stdout).name, "default");
  });
});

describe("fn contexts update", () => {
  beforeEach(async () => {
    write(contextFile("x"), "# mine\nprovider: default\noracle.profile: other\nregistry: me\n");
    await fn("use context x");
  });

  test("changes a value and keeps the others, comments too", async () => {
    await fn("update context registry you");
    assert.equal(read(contextFile("x")), "# mine\nprovider: default\noracle.profile: other\nregistry: you\n");
  });

  test("removes a value with --delete", async () => {
    await fn("update context registry --delete");
    assert.doesNotMatch(read(contextFile("x")), /registry/);
  });

  test("does not print a token", async () => {
    assert.doesNotMatch((await fn("update context token secret")).stdout, /secret/);
    assert.doesNotMatch((await fn("inspect context")).stdout, /secret/);
  });

  for (const line of [
    "update context regstry x",
    "update context registry",
    "update context registry x --delete",
  ]) {
    test(`is a wrong use as '${line}'`, async () => assert.equal((await fn(line)).code, 2));
  }
});

describe("fn contexts delete", () => {
  test("deletes its file", async () => {
    await fn("create context x");
    await fn("delete context x");
    assert.deepEqual(readdirSync(join(home, ".fn/contexts")), []);
  });

  test("refuses the one in use", async () => {
    await fn("create context x");
    await fn("use context x");
    assert.equal((await fn("delete context x")).code, 1);
  });
});

describe("the context of a command", () => {
  beforeEach(() => write(contextFile("x"), `api-url: ${api.url}\ntoken: of-context\n`));

  for (const line of ["--context x apps list", "apps list --context x", "apps --context=x list"]) {
    test(`is that of the option: fn ${line}`, async () => assert.equal((await fn(line)).stdout, "a\n"));
  }

  test("is that of FN_CONTEXT", async () => {
    assert.equal((await fn("apps list", { FN_CONTEXT: "x" })).stdout, "a\n");
  });

  test("gives way to the environment, and that to options", async () => {
    write(contextFile("x"), "api-url: http://127.0.0.1:1\n");
    const env = { FN_CONTEXT: "x", FN_API_URL: api.url };
    assert.equal((await fn("apps list", env)).code, 0);
    assert.equal((await fn(`apps list --api-url ${api.url}`, { ...env, FN_API_URL: "http://x" })).code, 0);
  });

  test("keeps its token from another server", async () => {
    const other = await startFakeApi();
    await fn("--context x apps list", { FN_API_URL: other.url });
    assert.equal(other.requests[0]?.headers.authorization, undefined);
    await other.stop();
  });

  test("has its token with an address without a scheme, too", async () => {
    write(contextFile("x"), `api-url: ${api.url.replace("http://", "")}\ntoken: of-context\n`);
    await fn("--context x apps list");
    assert.equal(authorization(), "Bearer of-context");
  });

  test("has FN_TOKEN instead of its own token", async () => {
    await fn("--context x apps list", { FN_TOKEN: "of-environment" });
    assert.equal(authorization(), "Bearer of-environment");
  });

  test("that is not there is named", async () => {
    const ran = await fn("--context y apps list");
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /^ERROR: there is no context 'y'[^\n]*\n$/);
  });
});

describe("a file that is no YAML", () => {
  for (const [text, at] of [
    ["provider: default\napi-url: [\n", "3:1"],
    ["provider: a\nprovider: b\n", "2:1"],
    ["- list\n", "1:1"],
  ] as const) {
    test(`is named with line and column: ${JSON.stringify(text)}`, async () => {
      write(contextFile("x"), text);
      const ran = await fn("--context x apps list");
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /^[^\n]*\n$/);
      assert.ok(ran.stderr.startsWith(`ERROR: ${contextFile("x")}:${at} `), ran.stderr);
    });
  }
});
