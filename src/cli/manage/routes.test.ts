import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());
const sentRoute = () => JSON.parse(api.requests.at(-1)?.body ?? "{}").route;

describe("fn routes create", () => {
  const create = (...argv: string[]) => {
    api.reply("POST /v1/apps/myapp/routes", {});
    return fn("routes", "create", "myapp", ...argv);
  };

  test("posts path and image, and nothing that was not given", async () => {
    const ran = await create("/hello", "me/hello:0.0.1");
    assert.deepEqual(asked(), [
      'POST /v1/apps/myapp/routes {"route":{"path":"/hello","image":"me/hello:0.0.1"}}',
    ]);
    assert.deepEqual(ran, { code: 0, stdout: "/hello created with me/hello:0.0.1\n", stderr: "" });
  });

  test("takes the image from --image, too, but the argument wins", async () => {
    await create("/hello", "-i", "me/a:1");
    assert.equal(sentRoute().image, "me/a:1");
    await create("/hello", "me/b:1", "-i", "me/a:1");
    assert.equal(sentRoute().image, "me/b:1");
  });

  test("sends every setting in its own type", async () => {
    await create(
      ...[
        "/hello",
        "me/a:1",
        "--memory",
        "256",
        "--cpus",
        "500m",
        "--type",
        "async",
        "--format",
        "http-stream",
      ],
      ...["--timeout", "60", "--idle-timeout", "10", "--config", "A=1", "--config", "B=2"],
      ...["--headers", "X-A=1;2", "--headers", "X-B=3"],
    );
    assert.deepEqual(sentRoute(), {
      path: "/hello",
      image: "me/a:1",
      memory: 256,
      cpus: "500m",
      type: "async",
      format: "http-stream",
      timeout: 60,
      idle_timeout: 10,
      config: { A: "1", B: "2" },
      headers: { "X-A": ["1", "2"], "X-B": ["3"] },
    });
  });

  for (const [given, clean] of [
    ["hello", "/hello"],
    ["hello/../y", "/y"],
    ["/a//b/", "/a/b"],
  ] as const) {
    test(`cleans the path ${given} to ${clean}`, async () => {
      await create(given, "me/a:1");
      assert.equal(sentRoute().path, clean);
    });
  }

  for (const image of ["me/a:1", "localhost:5000/me/a:1", "a:1", "me/a@sha256:0123", "dir:functions/hello"]) {
    test(`accepts the image ${image}`, async () => {
      assert.equal((await create("/hello", image)).code, 0);
      assert.equal(sentRoute().image, image);
    });
  }

  for (const image of ["me/a", "localhost:5000/me/a", "me/a:", "dir:"]) {
    test(`refuses the image ${image}`, async () => {
      assert.equal((await create("/hello", image)).code, 2);
      assert.deepEqual(asked(), []);
    });
  }

  test("refuses to be without an image", async () => {
    assert.equal((await create("/hello")).stderr, "ERROR: no image specified\n");
  });

  for (const wrong of [
    ["--memory", "128m"],
    ["--timeout", "0"],
    ["--type", "later"],
    ["--headers", "X"],
  ]) {
    test(`is a wrong use with ${wrong.join(" ")}`, async () => {
      assert.equal((await create("/hello", "me/a:1", ...wrong)).code, 2);
    });
  }
});

describe("fn routes list", () => {
  const routes = [
    { path: "/", image: "me/root:1" },
    { path: "/hello", image: "dir:functions/hello" },
  ];

  test("prints a table with the address of each route", async () => {
    api.reply("GET /v1/apps/myapp/routes?per_page=100", { body: { routes, next_cursor: "" } });
    const host = api.url.replace("http://", "");
    assert.deepEqual((await fn("routes", "list", "myapp")).stdout.split("\n"), [
      "path    image                endpoint",
      `/       me/root:1            ${host}/r/myapp`,
      `/hello  dir:functions/hello  ${host}/r/myapp/hello`,
      "",
    ]);
  });

  test("prints JSON with --json", async () => {
    api.reply("GET /v1/apps/myapp/routes?per_page=100", { body: { routes, next_cursor: "" } });
    assert.deepEqual(JSON.parse((await fn("routes", "list", "myapp", "--json")).stdout), routes);
  });

  test("fails with the server's message for an unknown app", async () => {
    api.reply("GET /v1/apps/x/routes?per_page=100", {
      status: 404,
      body: { error: { message: "App not found" } },
    });
    assert.equal((await fn("routes", "list", "x")).stderr, "ERROR: App not found\n");
  });
});

describe("fn routes inspect", () => {
  test("prints the route as JSON", async () => {
    const route = { path: "/hello", image: "me/hello:1", memory: 128 };
    api.reply("GET /v1/apps/myapp/routes/hello", { body: { route } });
    assert.deepEqual(JSON.parse((await fn("routes", "inspect", "myapp", "/hello")).stdout), route);
  });

  test("prints a part of it", async () => {
    const route = { path: "/hello", image: "me/hello:1", config: { A: "1" } };
    api.reply("GET /v1/apps/myapp/routes/hello", { body: { route } });
    assert.equal((await fn("routes", "inspect", "myapp", "hello", "config.A")).stdout, '"1"\n');
  });

  test("fails for a part that is not there", async () => {
    api.reply("GET /v1/apps/myapp/routes/hello", {
      body: { route: { path: "/hello", image: "me/hello:1" } },
    });
    const ran = await fn("routes", "inspect", "myapp", "/hello", "nope");
    assert.deepEqual([ran.code, ran.stderr], [1, "ERROR: failed to inspect field nope\n"]);
  });

  for (const path of ["/", "/a/b"]) {
    test(`finds ${path} in the list, over several pages, as GET cannot reach it`, async () => {
      const list = "GET /v1/apps/myapp/routes";
      api.reply(`${list}?per_page=100`, {
        body: { routes: [{ path: "/x", image: "i:1" }], next_cursor: "c" },
      });
      api.reply(`${list}?cursor=c&per_page=100`, {
        body: { routes: [{ path, image: "i:2" }], next_cursor: "" },
      });
      assert.equal((await fn("routes", "inspect", "myapp", path, "image")).stdout, '"i:2"\n');
    });
  }

  test("fails for a nested path that is not in the list", async () => {
    api.reply("GET /v1/apps/myapp/routes?per_page=100", { body: { routes: [], next_cursor: "" } });
    assert.equal((await fn("routes", "inspect", "myapp", "/a/b")).stderr, "ERROR: Route not found\n");
  });
});

describe("fn routes update", () => {
  test("patches only what was given", async () => {
    api.reply("PATCH /v1/apps/myapp/routes/a/b", {});
    const ran = await fn("routes", "update", "myapp", "/a/b", "--memory", "256");
    assert.deepEqual(asked(), ['PATCH /v1/apps/myapp/routes/a/b {"route":{"memory":256}}']);
    assert.equal(ran.stdout, "myapp /a/b updated\n");
  });

  test("is a wrong use without anything to change", async () => {
    assert.equal((await fn("routes", "update", "myapp", "/hello")).code, 2);
  });

  test("refuses an image without a tag", async () => {
    assert.equal((await fn("routes", "update", "myapp", "/hello", "-i", "me/a")).code, 2);
  });
});

describe("fn routes config", () => {
  test("set patches one key of the route", async () => {
    api.reply("PATCH /v1/apps/myapp/routes/hello", {});
    const ran = await fn("routes", "config", "set", "myapp", "/hello", "KEY", "VALUE");
    assert.deepEqual(asked(), ['PATCH /v1/apps/myapp/routes/hello {"route":{"config":{"KEY":"VALUE"}}}']);
    assert.equal(ran.stdout, "myapp /hello updated KEY with VALUE\n");
  });

  test("unset names app and path", async () => {
    const route = { path: "/hello", image: "i:1", config: { KEY: "1" } };
    api.reply("GET /v1/apps/myapp/routes/hello", { body: { route } });
    api.reply("PATCH /v1/apps/myapp/routes/hello", {});
    const ran = await fn("routes", "config", "unset", "myapp", "/hello", "KEY");
    assert.equal(asked().at(-1), 'PATCH /v1/apps/myapp/routes/hello {"route":{"config":{"KEY":""}}}');
    assert.equal(ran.stdout, "removed key 'KEY' from the route 'myapp/hello'\n");
  });

  test("get and list read the route", async () => {
    const route = { path: "/hello", image: "i:1", config: { B: "2", A: "1" } };
    api.reply("GET /v1/apps/myapp/routes/hello", { body: { route } });
    assert.equal((await fn("routes", "config", "get", "myapp", "/hello", "B")).stdout, "2\n");
    assert.equal((await fn("routes", "config", "list", "myapp", "/hello")).stdout, "A=1\nB=2\n");
  });
});

describe("fn routes delete", () => {
  for (const [path, sent] of [
    ["/a/b", "a/b"],
    ["/", ""],
    ["/ä b", "%C3%A4%20b"],
  ] as const) {
    test(`deletes ${path}`, async () => {
      api.reply(`DELETE /v1/apps/myapp/routes/${sent}`, { body: { message: "Route deleted" } });
      assert.deepEqual(await fn("routes", "delete", "myapp", path), {
        code: 0,
        stdout: `myapp ${path} deleted\n`,
        stderr: "",
      });
    });
  }
});
