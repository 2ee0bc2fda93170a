import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInProcess, useFakeApi } from "../common/fake-api.suite.ts";

const api = useFakeApi();

const fn = (...argv: string[]) => runInProcess(argv, { FN_API_URL: api.url });
const asked = () => api.requests.map(({ line, body }) => `${line} ${body}`.trim());

const nodes = {
  "10.0.0.1:8080": { state: "healthy", draining: false, weight: 1, outstanding: 3 },
  "10.0.0.2:8080": { state: "unhealthy", draining: false, weight: 2, outstanding: 0, reason: "refused" },
};
const withNodes = () => {
  api.reply("GET /1/lb/nodes?verbose=1", { body: { nodes } });
  api.reply("PUT /1/lb/nodes", { body: { msg: "node added" } });
};

describe("fn lb nodes", () => {
  test("list prints a table", async () => {
    withNodes();
    assert.deepEqual((await fn("lb", "nodes", "list")).stdout.split("\n"), [
      "NODE           STATE      WEIGHT  REQUESTS  REASON",
      "10.0.0.1:8080  healthy    1       3",
      "10.0.0.2:8080  unhealthy  2       0         refused",
      "",
    ]);
  });

  test("list prints JSON with --json", async () => {
    withNodes();
    assert.deepEqual(JSON.parse((await fn("lb", "nodes", "list", "--json")).stdout), nodes);
  });

  test("add puts the node with its weight", async () => {
    withNodes();
    await fn("lb", "nodes", "add", "10.0.0.3:8080", "--weight", "0.5", "--prewarm");
    assert.deepEqual(asked(), ['PUT /1/lb/nodes {"node":"10.0.0.3:8080","weight":0.5,"prewarm":true}']);
  });

  test("remove deletes it", async () => {
    api.reply("DELETE /1/lb/nodes", { body: { msg: "node deleted" } });
    await fn("lb", "nodes", "remove", "10.0.0.1:8080");
    assert.deepEqual(asked(), ['DELETE /1/lb/nodes {"node":"10.0.0.1:8080"}']);
  });

  for (const [argv, isDraining] of [
    [[], true],
    [["--undo"], false],
  ] as const) {
    test(`drain ${argv.join(" ")} puts draining: ${isDraining}`, async () => {
      withNodes();
      await fn("lb", "nodes", "drain", "10.0.0.1:8080", ...argv);
      assert.equal(asked().at(-1), `PUT /1/lb/nodes {"node":"10.0.0.1:8080","draining":${isDraining}}`);
    });
  }

  test("drain of a node that is not there does not add it", async () => {
    withNodes();
    assert.equal((await fn("lb", "nodes", "drain", "10.0.0.9:8080")).code, 1);
    assert.ok(!asked().some((line) => line.startsWith("PUT")));
  });

  test("fails with the balancer's message", async () => {
    api.reply("PUT /1/lb/nodes", { status: 400, body: { msg: "'x' is not a node" } });
    assert.equal((await fn("lb", "nodes", "add", "x")).stderr, "ERROR: 'x' is not a node\n");
  });

  test("of a server that is no balancer is told so", async () => {
    const ran = await fn("lb", "nodes", "list");
    assert.deepEqual(
      [ran.code, ran.stderr],
      [1, `ERROR: the server at ${new URL(api.url).host} is no balancer\n`],
    );
  });

  test("add is a wrong use with a weight of zero", async () => {
    assert.equal((await fn("lb", "nodes", "add", "10.0.0.3:8080", "--weight", "0")).code, 2);
  });
});

describe("fn lb stats", () => {
  const point = { timestamp: "2018-01-10T00:00:00.000Z", node: "10.0.0.1:8080", func: "/r/a/b", wait: 0 };
  const stats = [
    { ...point, tp: 3, p50: 0.01, p95: 0.02, p99: 0.02, codes: { 200: 2, 502: 1 } },
    { ...point, tp: 1, p50: 0.02, p95: 0.02, p99: 0.05, codes: { 404: 1 } },
  ];

  test("prints a line for each node and function: sums, and the highest percentiles", async () => {
    api.reply("GET /1/lb/stats", { body: { stats } });
    assert.deepEqual((await fn("lb", "stats")).stdout.split("\n"), [
      "NODE           FUNCTION  REQUESTS  ERRORS  P50 MS  P99 MS",
      "10.0.0.1:8080  /r/a/b    4         1       20.0    50.0",
      "",
    ]);
  });

  test("prints the points with --json", async () => {
    api.reply("GET /1/lb/stats", { body: { stats } });
    assert.deepEqual(JSON.parse((await fn("lb", "stats", "--json")).stdout), stats);
  });
});
