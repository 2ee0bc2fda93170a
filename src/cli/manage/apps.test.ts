import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, afterEach, before, describe, test } from "node:test";
import { type FakeApi, runInProcess, startFakeApi } from "../common/fake-api.suite.ts";
import type { Io } from "../common/io.ts";

let api: FakeApi;
before(async () => {
  api = await startFakeApi();
});
afterEach(() => api.reset());
after(() => api.stop());

const fn = (argv: readonly string[], env = {}, stdin?: Io["stdin"]) =>
  runInProcess(argv, { FN_API_URL: api.url, ...env }, stdin);

/** What the fake was asked, each as `METHOD /path BODY`. */
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());

describe("fn apps create", () => {
  test("posts the app and says so", async () => {
    api.reply("POST /v1/apps", {});
    const ran = await fn(["apps", "create", "myapp"]);
    assert.deepEqual(asked(), ['POST /v1/apps {"app":{"name":"myapp","config":{}}}']);
    assert.deepEqual(ran, { code: 0, stdout: "Successfully created app:  myapp\n", stderr: "" });
  });

  test("sends each --config, its value cut at the first '=' only", async () => {
    api.reply("POST /v1/apps", {});
    await fn(["apps", "create", "myapp", "--config", "A=1", "--config", "URL=x?a=b"]);
    assert.deepEqual(asked(), ['POST /v1/apps {"app":{"name":"myapp","config":{"A":"1","URL":"x?a=b"}}}']);
  });

  test("takes $NAME, in braces or not, of a value from the environment", async () => {
    api.reply("POST /v1/apps", {});
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's form is what is tested.
    await fn(["apps", "create", "myapp", "--config", "A=$X-${Y}!"], { X: "1", Y: "2" });
    assert.deepEqual(asked(), ['POST /v1/apps {"app":{"name":"myapp","config":{"A":"1-2!"}}}']);
  });

  test("refuses a $NAME that is not set, rather than erase a setting", async () => {
    const ran = await fn(["apps", "create", "myapp", "--config", "A=$MISSING"]);
    assert.equal(ran.code, 2);
    assert.deepEqual(asked(), []);
  });

  test("refuses a --config without '='", async () => {
    assert.equal((await fn(["apps", "create", "myapp", "--config", "A"])).code, 2);
  });

  test("shows the server's message and hint when it refuses", async () => {
    const error = { message: "Invalid app name", code: "app_name_invalid", fields: "Use letters." };
    api.reply("POST /v1/apps", { status: 400, body: { error } });
    const ran = await fn(["apps", "create", "my app"]);
    assert.deepEqual(ran, { code: 1, stdout: "", stderr: "ERROR: Invalid app name (Use letters.)\n" });
  });
});

describe("fn apps list", () => {
  test("prints one name a line", async () => {
    api.reply("GET /v1/apps?per_page=100", {
      body: { apps: [{ name: "a" }, { name: "b" }], next_cursor: "" },
    });
    assert.deepEqual(await fn(["apps", "list"]), { code: 0, stdout: "a\nb\n", stderr: "" });
  });

  test("says when there are none", async () => {
    api.reply("GET /v1/apps?per_page=100", { body: { apps: [], next_cursor: "" } });
    assert.equal((await fn(["apps", "l"])).stdout, "no apps found\n");
  });

  test("follows the cursor until --n apps are there, and says how to go on", async () => {
    const page = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ name: `app${from + i}` }));
    api.reply("GET /v1/apps?per_page=100", { body: { apps: page(0, 100), next_cursor: "c1" } });
    api.reply("GET /v1/apps?cursor=c1&per_page=20", { body: { apps: page(100, 20), next_cursor: "c2" } });
    const ran = await fn(["apps", "list", "--n", "120"]);
    assert.equal(ran.stdout.trimEnd().split("\n").at(-1), "app119");
    assert.equal(ran.stderr, "There are more: --cursor c2\n");
  });

  test("goes on from --cursor", async () => {
    api.reply("GET /v1/apps?cursor=c2&per_page=100", { body: { apps: [{ name: "z" }], next_cursor: "" } });
    assert.equal((await fn(["apps", "list", "--cursor", "c2"])).stdout, "z\n");
  });

  test("ends at an empty page, whatever its cursor says", async () => {
    api.reply("GET /v1/apps?per_page=100", { body: { apps: [], next_cursor: "again" } });
    assert.equal((await fn(["apps", "list"])).code, 0);
    assert.equal(api.requests.length, 1);
  });

  for (const option of [["--json"], ["--output", "json"]]) {
    test(`prints JSON with ${option.join(" ")}`, async () => {
      api.reply("GET /v1/apps?per_page=100", { body: { apps: [{ name: "a", config: { B: "2", A: "1" } }] } });
      const { stdout } = await fn(["apps", "list", ...option]);
      assert.deepEqual(JSON.parse(stdout), [{ name: "a", config: { A: "1", B: "2" } }]);
    });
  }
});

describe("fn apps inspect", () => {
  const inspect = (...more: string[]) => {
    api.reply("GET /v1/apps/myapp", {
      body: { app: { name: "myapp", config: { B: "2", A: "1", "x.y": "3" } } },
    });
    return fn(["apps", "inspect", "myapp", ...more]);
  };

  test("prints the app as JSON, indented by tabs, keys in order", async () => {
    const { stdout } = await inspect();
    assert.equal(
      stdout,
      '{\n\t"config": {\n\t\t"A": "1",\n\t\t"B": "2",\n\t\t"x.y": "3"\n\t},\n\t"name": "myapp"\n}\n',
    );
  });

  test("prints a part, and a part of a part", async () => {
    assert.equal((await inspect("name")).stdout, '"myapp"\n');
    assert.equal((await inspect("config.A")).stdout, '"1"\n');
    assert.equal((await inspect("config.x.y")).stdout, '"3"\n');
  });

  for (const missing of ["nope", "config.nope", "constructor", "name.x"]) {
    test(`fails for a part that is not there: ${missing}`, async () => {
      const ran = await inspect(missing);
      assert.deepEqual([ran.code, ran.stderr], [1, `ERROR: failed to inspect field ${missing}\n`]);
    });
  }

  test("fails with the server's message for an unknown app", async () => {
    api.reply("GET /v1/apps/x", { status: 404, body: { error: { message: "App not found" } } });
    assert.deepEqual(await fn(["apps", "inspect", "x"]), {
      code: 1,
      stdout: "",
      stderr: "ERROR: App not found\n",
    });
  });

  test("refuses a name that would climb to another path of the API", async () => {
    assert.equal((await fn(["apps", "inspect", ".."])).code, 1);
    assert.deepEqual(asked(), []);
  });
});

describe("fn apps update", () => {
  test("patches the configuration", async () => {
    api.reply("PATCH /v1/apps/myapp", {});
    const ran = await fn(["apps", "update", "myapp", "-c", "A=1"]);
    assert.deepEqual(asked(), ['PATCH /v1/apps/myapp {"app":{"config":{"A":"1"}}}']);
    assert.equal(ran.stdout, "app myapp updated\n");
  });

  test("is a wrong use without anything to change", async () => {
    assert.equal((await fn(["apps", "update", "myapp"])).code, 2);
  });
});

describe("fn apps config", () => {
  const withConfig = (config: Record<string, string>) => {
    api.reply("GET /v1/apps/myapp", { body: { app: { name: "myapp", config } } });
    api.reply("PATCH /v1/apps/myapp", {});
  };

  test("set patches one key", async () => {
    withConfig({});
    const ran = await fn(["apps", "config", "set", "myapp", "KEY", "VALUE"]);
    assert.deepEqual(asked(), ['PATCH /v1/apps/myapp {"app":{"config":{"KEY":"VALUE"}}}']);
    assert.equal(ran.stdout, "myapp updated KEY with VALUE\n");
  });

  test("unset patches the key with an empty text", async () => {
    withConfig({ KEY: "VALUE" });
    const ran = await fn(["apps", "config", "unset", "myapp", "KEY"]);
    assert.equal(asked().at(-1), 'PATCH /v1/apps/myapp {"app":{"config":{"KEY":""}}}');
    assert.equal(ran.stdout, "removed key 'KEY' from app 'myapp'\n");
  });

  test("unset of a key that is not there changes nothing and says so", async () => {
    withConfig({ OTHER: "1" });
    const ran = await fn(["apps", "config", "unset", "myapp", "KEY"]);
    assert.deepEqual(asked(), ["GET /v1/apps/myapp"]);
    assert.deepEqual(ran, { code: 0, stdout: "app 'myapp' has no key 'KEY'\n", stderr: "" });
  });

  test("get prints the value", async () => {
    withConfig({ KEY: "VALUE" });
    assert.equal((await fn(["apps", "config", "get", "myapp", "KEY"])).stdout, "VALUE\n");
  });

  test("get fails for a key that is not there", async () => {
    withConfig({});
    const ran = await fn(["apps", "config", "get", "myapp", "toString"]);
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: config key does not exist\n"]);
  });

  test("list prints KEY=VALUE lines by key", async () => {
    withConfig({ B: "2", A: "1" });
    assert.equal((await fn(["apps", "config", "list", "myapp"])).stdout, "A=1\nB=2\n");
  });

  test("list prints JSON with --json", async () => {
    withConfig({ A: "1" });
    assert.deepEqual(JSON.parse((await fn(["apps", "config", "l", "myapp", "--json"])).stdout), { A: "1" });
  });
});

describe("fn apps delete", () => {
  const withRoutes = (routes: unknown[]) => {
    api.reply("GET /v1/apps/myapp/routes?per_page=1", { body: { routes, next_cursor: "" } });
    api.reply("DELETE /v1/apps/myapp", { body: { message: "App deleted" } });
  };
  const isDeleted = () => asked().includes("DELETE /v1/apps/myapp");
  const route = { path: "/hello", image: "me/hello:1" };

  test("deletes an app without routes at once", async () => {
    withRoutes([]);
    assert.equal((await fn(["apps", "delete", "myapp"])).stdout, "App myapp deleted\n");
    assert.ok(isDeleted());
  });

  test("asks at a terminal when the app has routes, and takes yes", async () => {
    withRoutes([route]);
    const ran = await fn(
      ["apps", "delete", "myapp"],
      {},
      Object.assign(Readable.from(["y\n"]), { isTTY: true }),
    );
    assert.equal(ran.stderr, "App myapp has routes. Delete it with all of them? [y/N] ");
    assert.ok(isDeleted());
  });

  for (const [answer, typed] of [
    ["anything but yes", ["\n"]],
    ["the end of the input", []],
  ] as const) {
    test(`keeps the app when the answer is ${answer}`, async () => {
      withRoutes([route]);
      const ran = await fn(
        ["apps", "delete", "myapp"],
        {},
        Object.assign(Readable.from(typed), { isTTY: true }),
      );
      assert.equal(ran.code, 1);
      assert.ok(!isDeleted());
    });
  }

  test("keeps an app with routes when there is nobody to ask", async () => {
    withRoutes([route]);
    assert.equal((await fn(["apps", "delete", "myapp"], {}, Readable.from([]))).code, 1);
    assert.ok(!isDeleted());
  });

  test("asks nothing with --force", async () => {
    withRoutes([route]);
    assert.equal((await fn(["apps", "delete", "myapp", "--force"])).code, 0);
    assert.deepEqual(asked(), ["DELETE /v1/apps/myapp"]);
  });
});
