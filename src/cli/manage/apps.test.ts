import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";
import type { Io } from "../common/io.ts";

const api = useFakeApi();

const fn = (argv: readonly string[], env = {}, stdin?: Io["stdin"]) =>
  runInProcess(argv, { FN_API_URL: api.url, ...env }, stdin);

const FIND = "GET /v2/apps?name=myapp&per_page=1";
const created = { id: "A1", name: "myapp" };

/** Lets the app be found by its name. */
const withApp = (app: object = {}) => api.reply(FIND, { body: { items: [{ ...created, ...app }] } });

/** What the fake was asked, each as `METHOD /path BODY`. */
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());

describe("fn apps create", () => {
  test("posts the app and says so", async () => {
    api.reply("POST /v2/apps", { body: created });
    const ran = await fn(["apps", "create", "myapp"]);
    assert.deepEqual(asked(), ['POST /v2/apps {"name":"myapp"}']);
    assert.deepEqual(ran, { code: 0, stdout: "Successfully created app:  myapp\n", stderr: "" });
  });

  test("sends each --config, its value cut at the first '=' only", async () => {
    api.reply("POST /v2/apps", { body: created });
    await fn(["apps", "create", "myapp", "--config", "A=1", "--config", "URL=x?a=b"]);
    assert.deepEqual(asked(), ['POST /v2/apps {"name":"myapp","config":{"A":"1","URL":"x?a=b"}}']);
  });

  test("sends secrets, notes in JSON or as text, and where logs go", async () => {
    api.reply("POST /v2/apps", { body: created });
    const notes = ["--annotation", "a=[1]", "--annotation", "b=some text"];
    await fn(["apps", "create", "myapp", "--secret", "S=1", ...notes, "--syslog-url", "tcp://logs:514"]);
    assert.deepEqual(JSON.parse(api.requests[0]?.body ?? ""), {
      name: "myapp",
      secrets: { S: "1" },
      annotations: { a: [1], b: "some text" },
      syslog_url: "tcp://logs:514",
    });
  });

  test("takes $NAME, in braces or not, of a value from the environment", async () => {
    api.reply("POST /v2/apps", { body: created });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's form is what is tested.
    await fn(["apps", "create", "myapp", "--config", "A=$X-${Y}!"], { X: "1", Y: "2" });
    assert.deepEqual(asked(), ['POST /v2/apps {"name":"myapp","config":{"A":"1-2!"}}']);
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
    api.reply("POST /v2/apps", { status: 400, body: error });
    const ran = await fn(["apps", "create", "my app"]);
    assert.deepEqual(ran, { code: 1, stdout: "", stderr: "ERROR: Invalid app name (Use letters.)\n" });
  });
});

describe("fn apps list", () => {
  test("prints one name a line", async () => {
    api.reply("GET /v2/apps?per_page=100", {
      body: {
        items: [
          { id: "1", name: "a" },
          { id: "2", name: "b" },
        ],
      },
    });
    assert.deepEqual(await fn(["apps", "list"]), { code: 0, stdout: "a\nb\n", stderr: "" });
  });

  test("says when there are none", async () => {
    api.reply("GET /v2/apps?per_page=100", { body: { items: [] } });
    assert.equal((await fn(["apps", "l"])).stdout, "no apps found\n");
  });

  test("follows the cursor until --n apps are there, and says how to go on", async () => {
    const page = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ id: "I", name: `app${from + i}` }));
    api.reply("GET /v2/apps?per_page=100", { body: { items: page(0, 100), next_cursor: "c1" } });
    api.reply("GET /v2/apps?cursor=c1&per_page=20", { body: { items: page(100, 20), next_cursor: "c2" } });
    const ran = await fn(["apps", "list", "--n", "120"]);
    assert.equal(ran.stdout.trimEnd().split("\n").at(-1), "app119");
    assert.equal(ran.stderr, "There are more: --cursor c2\n");
  });

  test("goes on from --cursor", async () => {
    api.reply("GET /v2/apps?cursor=c2&per_page=100", { body: { items: [{ id: "Z", name: "z" }] } });
    assert.equal((await fn(["apps", "list", "--cursor", "c2"])).stdout, "z\n");
  });

  test("ends at an empty page, whatever its cursor says", async () => {
    api.reply("GET /v2/apps?per_page=100", { body: { items: [], next_cursor: "again" } });
    assert.equal((await fn(["apps", "list"])).code, 0);
    assert.equal(api.requests.length, 1);
  });

  for (const option of [["--json"], ["--output", "json"]]) {
    test(`prints JSON with ${option.join(" ")}`, async () => {
      api.reply("GET /v2/apps?per_page=100", {
        body: { items: [{ id: "1", name: "a", config: { B: "2", A: "1" } }] },
      });
      const { stdout } = await fn(["apps", "list", ...option]);
      assert.deepEqual(JSON.parse(stdout), [{ id: "1", name: "a", config: { A: "1", B: "2" } }]);
    });
  }
});

describe("fn apps inspect", () => {
  const inspect = (...more: string[]) => {
    withApp({ config: { B: "2", A: "1", "x.y": "3" } });
    return fn(["apps", "inspect", "myapp", ...more]);
  };

  test("prints the app as JSON, indented by tabs, keys in order", async () => {
    const { stdout } = await inspect();
    assert.equal(
      stdout,
      '{\n\t"config": {\n\t\t"A": "1",\n\t\t"B": "2",\n\t\t"x.y": "3"\n\t},\n\t"id": "A1",\n\t"name": "myapp"\n}\n',
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

  test("fails for an unknown app", async () => {
    api.reply("GET /v2/apps?name=x&per_page=1", { body: { items: [] } });
    assert.deepEqual(await fn(["apps", "inspect", "x"]), {
      code: 1,
      stdout: "",
      stderr: "ERROR: App not found\n",
    });
  });
});

describe("fn apps update", () => {
  test("changes only what was given", async () => {
    withApp();
    api.reply("PUT /v2/apps/A1", {});
    const ran = await fn(["apps", "update", "myapp", "-c", "A=1"]);
    assert.deepEqual(asked(), [FIND, 'PUT /v2/apps/A1 {"config":{"A":"1"}}']);
    assert.equal(ran.stdout, "app myapp updated\n");
  });

  test("is a wrong use without anything to change", async () => {
    assert.equal((await fn(["apps", "update", "myapp"])).code, 2);
  });
});

describe("fn apps config", () => {
  const withConfig = (config: Record<string, string>) => {
    withApp({ config });
    api.reply("PUT /v2/apps/A1", {});
  };

  test("set changes one key", async () => {
    withConfig({});
    const ran = await fn(["apps", "config", "set", "myapp", "KEY", "VALUE"]);
    assert.deepEqual(asked(), [FIND, 'PUT /v2/apps/A1 {"config":{"KEY":"VALUE"}}']);
    assert.equal(ran.stdout, "myapp updated KEY with VALUE\n");
  });

  test("unset changes the key to an empty text", async () => {
    withConfig({ KEY: "VALUE" });
    const ran = await fn(["apps", "config", "unset", "myapp", "KEY"]);
    assert.equal(asked().at(-1), 'PUT /v2/apps/A1 {"config":{"KEY":""}}');
    assert.equal(ran.stdout, "removed key 'KEY' from app 'myapp'\n");
  });

  test("unset of a key that is not there changes nothing and says so", async () => {
    withConfig({ OTHER: "1" });
    const ran = await fn(["apps", "config", "unset", "myapp", "KEY"]);
    assert.deepEqual(asked(), [FIND]);
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
  const withFns = (fns: unknown[]) => {
    withApp();
    api.reply("GET /v2/fns?app_id=A1&per_page=1", { body: { items: fns } });
    api.reply("DELETE /v2/apps/A1", { status: 204, body: "" });
  };
  const isDeleted = () => asked().includes("DELETE /v2/apps/A1");
  const hello = { id: "F1", app_id: "A1", name: "hello", image: "me/hello:1" };

  test("deletes an app without functions at once", async () => {
    withFns([]);
    assert.equal((await fn(["apps", "delete", "myapp"])).stdout, "App myapp deleted\n");
    assert.ok(isDeleted());
  });

  test("asks at a terminal when the app has functions, and takes yes", async () => {
    withFns([hello]);
    const ran = await fn(
      ["apps", "delete", "myapp"],
      {},
      Object.assign(Readable.from(["y\n"]), { isTTY: true }),
    );
    assert.equal(ran.stderr, "App myapp has functions. Delete it with all of them? [y/N] ");
    assert.ok(isDeleted());
  });

  for (const [answer, typed] of [
    ["anything but yes", ["\n"]],
    ["the end of the input", []],
  ] as const) {
    test(`keeps the app when the answer is ${answer}`, async () => {
      withFns([hello]);
      const ran = await fn(
        ["apps", "delete", "myapp"],
        {},
        Object.assign(Readable.from(typed), { isTTY: true }),
      );
      assert.equal(ran.code, 1);
      assert.ok(!isDeleted());
    });
  }

  test("keeps an app with functions when there is nobody to ask", async () => {
    withFns([hello]);
    assert.equal((await fn(["apps", "delete", "myapp"], {}, Readable.from([]))).code, 1);
    assert.ok(!isDeleted());
  });

  test("asks nothing with --force", async () => {
    withFns([hello]);
    assert.equal((await fn(["apps", "delete", "myapp", "--force"])).code, 0);
    assert.deepEqual(asked(), [FIND, "DELETE /v2/apps/A1"]);
  });
});
