import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApiClient } from "../api/api-client.ts";
import { useFakeApi } from "../common/fake-api.suite.ts";
import { FuncFile } from "./func-file.ts";
import { differences, makePlan } from "./plan.ts";
import type { Project } from "./project.ts";

const api = useFakeApi();

const project = (text: string): Project => {
  const file = new FuncFile("/f/hello/func.yaml", text);
  return {
    file,
    settings: file.settings,
    name: file.settings.name ?? "hello",
    path: file.settings.path ?? "/hello",
  };
};
const plan = (text: string, image = "dir:new") =>
  makePlan(new ApiClient(new URL(`${api.url}/`)), "demo", project(text), image);
const sent = () =>
  api.requests.filter(({ line }) => !line.startsWith("GET")).map(({ line, body }) => `${line} ${body}`);

const APP = { id: "A1", name: "demo" };
const FN = { id: "F1", app_id: "A1", name: "hello", image: "dir:old", memory: 128, config: { A: "1" } };
const TRIGGER = { id: "T1", name: "hello", fn_id: "F1", type: "http", source: "/hello" };

function serve({ apps = [APP], fns = [FN], triggers = [TRIGGER], routes = [] as object[] }): void {
  const list = (items: object[]) => ({ body: { items } });
  api.reply("GET /v2/apps?name=demo&per_page=1", list(apps));
  api.reply("GET /v2/fns?app_id=A1&name=hello&per_page=1", list(fns));
  api.reply("GET /v2/triggers?app_id=A1&fn_id=F1&per_page=100", list(triggers));
  api.reply("GET /v1/apps/demo/routes?per_page=100", { body: { routes } });
  api.reply("POST /v2/apps", { body: APP });
  api.reply("POST /v2/fns", { body: FN });
  api.reply("POST /v2/triggers", { body: TRIGGER });
  api.reply("PUT /v2/fns/F1", { body: FN });
  api.reply("PUT /v2/triggers/T1", { body: TRIGGER });
}

describe("the deployment of a function", () => {
  test("makes app, function and trigger where there are none", async () => {
    serve({ apps: [], fns: [], triggers: [] });
    const { changes, paths, apply } = await plan("memory: 64");
    assert.deepEqual(changes, [
      "app: demo (new)",
      "image: dir:new",
      "memory: 64",
      "trigger: hello at /hello (new)",
    ]);
    assert.deepEqual(paths, ["/hello"]);
    await apply();
    assert.deepEqual(sent(), [
      'POST /v2/apps {"name":"demo"}',
      'POST /v2/fns {"name":"hello","app_id":"A1","image":"dir:new","memory":64}',
      'POST /v2/triggers {"name":"hello","app_id":"A1","fn_id":"F1","type":"http","source":"/hello"}',
    ]);
  });

  test("switches over with one request, and says what becomes different", async () => {
    serve({});
    const { changes, apply } = await plan("memory: 256\nconfig: { A: 1, B: 2 }");
    assert.deepEqual(changes, ["image: dir:old -> dir:new", "memory: 128 -> 256", "config.B: 2"]);
    await apply();
    assert.deepEqual(sent(), ['PUT /v2/fns/F1 {"image":"dir:new","memory":256,"config":{"A":"1","B":"2"}}']);
  });

  test("changes nothing when all is as it should be", async () => {
    serve({});
    assert.deepEqual((await plan("memory: 128\nretries: 0\nretry_delay: 5", "dir:old")).changes, []);
  });

  test("makes the triggers of the file, and moves one of the same name", async () => {
    serve({});
    const triggers = "triggers: [{ name: hello, source: /hi }, { name: b, source: /b }]";
    const { changes, apply } = await plan(`schema_version: 20180708\n${triggers}`, "dir:old");
    assert.deepEqual(changes, ["trigger: hello at /hello -> /hi", "trigger: b at /b (new)"]);
    await apply();
    assert.deepEqual(
      sent().map((line) => line.slice(0, 24)),
      ['PUT /v2/triggers/T1 {"so', 'POST /v2/triggers {"name'],
    );
  });
});

test("a trigger that the file does not name stays, and is told", async () => {
  serve({ triggers: [TRIGGER, { ...TRIGGER, id: "T2", name: "old", source: "/old" }] });
  const { changes, kept } = await plan("memory: 128", "dir:old");
  assert.deepEqual([changes, kept], [[], ["trigger: old at /old (stays, though not in the file)"]]);
});

describe("the deployment of a route", () => {
  test("makes it where there is none, and the server its app", async () => {
    serve({ apps: [] });
    api.reply("POST /v1/apps/demo/routes", { body: {} });
    const { title, changes, apply } = await plan("path: /hi\nformat: http\nheaders: { X-A: b }");
    assert.equal(title, "route /hi");
    assert.deepEqual(changes, ["app: demo (new)", "image: dir:new", "format: http", "headers.X-A: b"]);
    await apply();
    assert.deepEqual(sent(), [
      'POST /v1/apps/demo/routes {"route":{"image":"dir:new","format":"http","headers":{"X-A":["b"]},"path":"/hi"}}',
    ]);
  });

  test("switches over with one request", async () => {
    serve({ routes: [{ path: "/hi", image: "dir:old", format: "http" }] });
    api.reply("PATCH /v1/apps/demo/routes/hi", { body: {} });
    const { changes, apply } = await plan("path: /hi\nformat: http");
    assert.deepEqual(changes, ["image: dir:old -> dir:new"]);
    await apply();
    assert.deepEqual(sent(), ['PATCH /v1/apps/demo/routes/hi {"route":{"image":"dir:new","format":"http"}}']);
  });
});

test("shares of cpus and header values are compared by what they mean", () => {
  assert.deepEqual(
    differences({ cpus: "500m", headers: { A: ["1"] } }, { cpus: "0.5", headers: { A: ["1"] } }),
    [],
  );
});
