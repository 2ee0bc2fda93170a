import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { request } from "undici";
import { FakeClock } from "../../clock/fake-clock.ts";
import { Members } from "../nodes/members.ts";
import { sendRaw, startBalancer, startNode } from "../rig.suite.ts";
import { Admin } from "./admin.ts";
import { Stats } from "./stats.ts";

const A = "10.0.0.1:8080";
type Method = "GET" | "HEAD" | "PUT" | "POST" | "DELETE";

describe("the list of nodes over HTTP", () => {
  test("shows healthy nodes as online and all others as offline, by name", async (t) => {
    const node = await startNode(t);
    const { url } = await startBalancer(t, [node]);
    await call(url, "PUT", "/1/lb/nodes", { node: "[::1]:1" });
    assert.deepEqual(await call(url, "GET", "/1/lb/nodes"), {
      status: 200,
      body: `{"nodes":{"${node.name}":"online","[::1]:1":"offline"}}\n`,
      type: "application/json",
    });
  });

  test("takes a node at once, as often as it is told", async (t) => {
    const { url } = await startBalancer(t, []);
    for (let i = 0; i < 2; i++) {
      const { status, body } = await call(url, "PUT", "/1/lb/nodes", { node: A });
      assert.deepEqual([status, body], [200, '{"msg":"node added"}\n']);
    }
    assert.equal((await call(url, "GET", "/1/lb/nodes")).body, `{"nodes":{"${A}":"offline"}}\n`);
  });

  test("drops a node at once, as often as it is told", async (t) => {
    const { url } = await startBalancer(t, []);
    await call(url, "PUT", "/1/lb/nodes", { node: A });
    for (let i = 0; i < 2; i++) {
      const { status, body } = await call(url, "DELETE", "/1/lb/nodes", { node: A });
      assert.deepEqual([status, body], [200, '{"msg":"node deleted"}\n']);
    }
    assert.equal((await call(url, "GET", "/1/lb/nodes")).body, '{"nodes":{}}\n');
  });

  const wrong: readonly (readonly [name: string, body: string])[] = [
    ["nothing", ""],
    ["no JSON", "{bad"],
    ["no name", "{}"],
    ["a name that is a number", '{"node":5}'],
    ["a name that is no host and port", '{"node":"not a host!"}'],
    ["a URL", '{"node":"http://h:1"}'],
    ["more than one value", `{"node":"${A}"} {}`],
  ];
  for (const [name, body] of wrong) {
    test(`refuses ${name} and stays as it is`, async (t) => {
      const { url } = await startBalancer(t, []);
      const answer = await request(`${url}/1/lb/nodes`, { method: "PUT", body });
      assert.equal(answer.statusCode, 400);
      assert.deepEqual(Object.keys((await answer.body.json()) as object), ["msg"]);
      assert.equal((await call(url, "GET", "/1/lb/nodes")).body, '{"nodes":{}}\n');
    });
  }

  test("refuses a body that is too long", async (t) => {
    const { url } = await startBalancer(t, []);
    const answer = await call(url, "PUT", "/1/lb/nodes", { node: "x".repeat(70_000) });
    assert.equal(answer.status, 413);
  });
});

describe("the figures over HTTP", () => {
  test("are an empty list when there are none", async (t) => {
    const { url } = await startBalancer(t, []);
    assert.equal((await call(url, "GET", "/1/lb/stats")).body, '{"stats":[]}\n');
  });

  test("are whole for each of two readers", async (t) => {
    const node = await startNode(t, (_, response) => {
      response.writeHead(200, { "Xxx-Fxlb-Wait": "1.5ms" }).end();
    });
    const { url } = await startBalancer(t, [node]);
    await (await request(`${url}/r/app/f?x=1`)).body.dump();
    await (await request(`${url}/r/app/f`)).body.dump();
    const point = {
      timestamp: "2018-01-22T10:00:00.000Z",
      tp: 2,
      node: node.name,
      func: "/r/app/f",
      wait: 0.0015,
    };
    for (let i = 0; i < 2; i++) {
      const { body } = await call(url, "GET", `/1/lb/stats?_=${i}`);
      assert.deepEqual(JSON.parse(body), { stats: [point] });
    }
  });
});

describe("the dashboard", () => {
  test("is a page that may load nothing from elsewhere", async (t) => {
    const { url } = await startBalancer(t, []);
    const { headers, body } = await request(`${url}/1/lb/dash`);
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.match(String(headers["content-security-policy"]), /^default-src 'none';/);
    const page = await body.text();
    assert.match(page, /<title>lb dash<\/title>/);
    assert.doesNotMatch(page, /(?:src|href|url|import)\s*[=(]?\s*["'(]?\s*(?:https?:)?\/\//i);
    for (const id of ["throughput_chart", "wait_chart"]) assert.ok(page.includes(`id="${id}"`), id);
  });
});

describe("the management", () => {
  const methods: readonly (readonly [method: Method, path: string, allowed: string])[] = [
    ["POST", "/1/lb/nodes", "GET, HEAD, PUT, DELETE"],
    ["PUT", "/1/lb/stats", "GET, HEAD"],
    ["DELETE", "/1/lb/dash", "GET, HEAD"],
  ];
  for (const [method, path, allowed] of methods) {
    test(`answers ${method} ${path} with 405 and what is allowed`, async (t) => {
      const { url } = await startBalancer(t, []);
      const { statusCode, headers } = await request(url + path, { method });
      assert.deepEqual([statusCode, headers.allow], [405, allowed]);
    });
  }

  test("answers HEAD as GET, without the body", async (t) => {
    const { url } = await startBalancer(t, []);
    const { statusCode, headers, body } = await request(`${url}/1/lb/nodes`, { method: "HEAD" });
    assert.deepEqual([statusCode, headers["content-length"], await body.text()], [200, "13", ""]);
  });

  for (const path of ["/1/lb/nodes/", "/1/lb/Nodes", "/1/lb", "/1/lb/%6Eodes", "/1/lb/constructor"]) {
    test(`is asked by its exact paths only: ${path} goes to a node`, async (t) => {
      const node = await startNode(t);
      const { port } = await startBalancer(t, [node]);
      await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n`);
      assert.equal(node.seen[0]?.url, path);
    });
  }
});

describe("the management for another machine", () => {
  for (const path of ["/1/lb/nodes", "/1/lb/stats", "/1/lb/dash", "/other"]) {
    test(`is refused: ${path}`, async (t) => {
      const admin = new Admin({
        members: new Members({
          thresholds: { healthy: 1, unhealthy: 1 },
          onAdd: assert.fail,
          onRemove: assert.fail,
          onMove: assert.fail,
        }),
        stats: new Stats(new FakeClock()),
        dashboard: "",
      });
      const node = await startNode(t, (message, response) => {
        void admin.handle(path, message, response, "192.0.2.7");
      });
      const { status, body } = await call(`http://${node.name}`, "PUT", path, { node: A });
      assert.equal(status, 403);
      assert.deepEqual(Object.keys(JSON.parse(body)), ["msg"]);
    });
  }
});

describe("the management with an address of its own", () => {
  const mgmtListen = { host: "127.0.0.2", port: 0 };

  test("answers there", async (t) => {
    const { balancer } = await startBalancer(t, [], { mgmtListen });
    const { status } = await call(`http://127.0.0.2:${balancer.ports().management}`, "GET", "/1/lb/nodes");
    assert.equal(status, 200);
  });

  test("knows no other paths", async (t) => {
    const node = await startNode(t);
    const { balancer } = await startBalancer(t, [node], { mgmtListen });
    const url = `http://127.0.0.2:${balancer.ports().management}`;
    const { status, body } = await call(url, "GET", "/r/app/f");
    assert.deepEqual([status, body, node.seen.length], [404, '{"msg":"unknown command"}\n', 0]);
  });

  test("leaves its paths on the other address to the nodes", async (t) => {
    const node = await startNode(t);
    const { url } = await startBalancer(t, [node], { mgmtListen });
    await call(url, "GET", "/1/lb/nodes");
    assert.equal(node.seen[0]?.url, "/1/lb/nodes");
  });
});

async function call(url: string, method: Method, path: string, body?: object) {
  const answer = await request(url + path, {
    method,
    body: body === undefined ? null : JSON.stringify(body),
  });
  return {
    status: answer.statusCode,
    body: await answer.body.text(),
    type: answer.headers["content-type"],
  };
}
