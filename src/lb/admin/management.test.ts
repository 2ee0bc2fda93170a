import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, B, startManagement } from "./management.suite.ts";

const NODES = "/1/lb/nodes";

describe("GET /1/lb/nodes", () => {
  test("shows healthy nodes as online and all others as offline, by name, in one line of JSON", async () => {
    const { ask, pass } = await startManagement({ nodes: [B, A] });
    pass(B);
    const { status, head, body } = await ask("GET", NODES);
    assert.equal(status, 200);
    assert.match(head, /\r\nContent-Type: application\/json\r\n/);
    assert.equal(body, `{"nodes":{"${A}":"offline","${B}":"online"}}\n`);
  });

  test("shows a node that drains as offline", async () => {
    const { ask, pass } = await startManagement({ nodes: [A] });
    pass(A);
    await ask("PUT", NODES, { body: `{"node":"${A}","draining":true}` });
    assert.equal((await ask("GET", NODES)).body, `{"nodes":{"${A}":"offline"}}\n`);
  });

  test("tells with ?verbose=1 what is known of each, and why", async () => {
    const { ask, pass, fail, clock } = await startManagement({ nodes: [A] });
    pass(A);
    await clock.advance(1000);
    fail(A, "connection refused");
    const { nodes, source } = JSON.parse((await ask("GET", `${NODES}?verbose=1`)).body);
    const { history, ...node } = nodes[A];
    assert.deepEqual(node, {
      state: "unhealthy",
      draining: false,
      weight: 1,
      since: "2018-01-22T10:00:01.000Z",
      reason: "connection refused",
      outstanding: 3,
    });
    assert.deepEqual(
      history.map(({ at, state }: { at: string; state: string }) => [at, state]),
      [
        ["2018-01-22T10:00:00.000Z", "unknown"],
        ["2018-01-22T10:00:00.000Z", "healthy"],
        ["2018-01-22T10:00:01.000Z", "unhealthy"],
      ],
    );
    assert.equal(source, "flags");
  });

  test("tells with ?verbose=1 a version of the list, the same for the same list", async () => {
    const versions = new Set<string>();
    for (const nodes of [[A, B], [B, A], [A]]) {
      const { ask } = await startManagement({ nodes });
      versions.add(JSON.parse((await ask("GET", `${NODES}?verbose=1`)).body).version);
    }
    assert.equal(versions.size, 2);
  });
});

describe("PUT /1/lb/nodes", () => {
  test("takes a node at once, as often as it is told", async () => {
    const { ask } = await startManagement();
    for (let i = 0; i < 2; i++) {
      const { status, body } = await ask("PUT", NODES, { body: `{"node":"${A}"}` });
      assert.deepEqual([status, body], [200, '{"msg":"node added"}\n']);
    }
    assert.equal((await ask("GET", NODES)).body, `{"nodes":{"${A}":"offline"}}\n`);
  });

  test("changes what is told, and leaves the rest", async () => {
    const { ask, pass, nodes } = await startManagement({ nodes: [A] });
    pass(A);
    await ask("PUT", NODES, { body: `{"node":"${A}","weight":2.5}` });
    await ask("PUT", NODES, { body: `{"node":"${A}","draining":true}` });
    assert.deepEqual(
      nodes.list().map(({ weight, state }) => [weight, state]),
      [[2.5, "draining"]],
    );
    await ask("PUT", NODES, { body: `{"node":"${A}","draining":false}` });
    assert.deepEqual(
      nodes.list().map(({ weight, state }) => [weight, state]),
      [[2.5, "healthy"]],
    );
  });

  const wrong: readonly (readonly [what: string, body: string])[] = [
    ["nothing", ""],
    ["no JSON", "{bad"],
    ["no object", "[]"],
    ["no name", "{}"],
    ["a name that is a number", '{"node":5}'],
    ["a name that is no host and port", '{"node":"not a host!"}'],
    ["a URL", '{"node":"http://h:1"}'],
    ["more than one value", `{"node":"${A}"} {}`],
    ["a weight of 0", `{"node":"${A}","weight":0}`],
    ["a weight that is a text", `{"node":"${A}","weight":"2"}`],
    ["a weight beyond all others", `{"node":"${A}","weight":1e9}`],
    ["a switch that is a text", `{"node":"${A}","draining":"no"}`],
  ];
  for (const [what, body] of wrong) {
    test(`refuses ${what} and changes nothing`, async () => {
      const { ask } = await startManagement();
      const answer = await ask("PUT", NODES, { body });
      assert.equal(answer.status, 400);
      assert.deepEqual(Object.keys(JSON.parse(answer.body)), ["msg"]);
      assert.equal((await ask("GET", NODES)).body, '{"nodes":{}}\n');
    });
  }

  test("refuses a body that is too long", async () => {
    const { ask } = await startManagement();
    const { status } = await ask("PUT", NODES, { body: `{"node":"${"x".repeat(300_000)}"}` });
    assert.equal(status, 413);
  });
});

describe("DELETE /1/lb/nodes", () => {
  test("drops a node at once, as often as it is told", async () => {
    const { ask } = await startManagement({ nodes: [A] });
    for (let i = 0; i < 2; i++) {
      const { status, body } = await ask("DELETE", NODES, { body: `{"node":"${A}"}` });
      assert.deepEqual([status, body], [200, '{"msg":"node deleted"}\n']);
    }
    assert.equal((await ask("GET", NODES)).body, '{"nodes":{}}\n');
  });
});

describe("a list of nodes that is kept elsewhere", () => {
  const source = () => ({
    name: "dns:fn.internal:8080",
    start: async (tell: (nodes: { name: string; weight: number; isDraining: boolean }[]) => void) =>
      tell([{ name: A, weight: 1, isDraining: false }]),
    stop: async () => {},
  });

  for (const [method, body] of [
    ["PUT", `{"node":"${B}"}`],
    ["PUT", `{"node":"${A}","weight":2}`],
    ["PUT", `{"node":"${B}","draining":true}`],
    ["DELETE", `{"node":"${A}"}`],
  ] as const) {
    test(`cannot be changed here: ${method} ${body}`, async () => {
      const { ask } = await startManagement({ source: source() });
      const answer = await ask(method, NODES, { body });
      assert.equal(answer.status, 409);
      assert.match(answer.body, /dns:fn\.internal:8080/);
    });
  }

  test("has nodes that can be drained here all the same", async () => {
    const { ask, pass, nodes } = await startManagement({ source: source() });
    pass(A);
    assert.equal((await ask("PUT", NODES, { body: `{"node":"${A}","draining":true}` })).status, 200);
    assert.equal(nodes.list()[0]?.state, "draining");
  });
});

describe("a list that cannot be stored", () => {
  test("is answered with a number to look up in the log, and without what the store said", async () => {
    const add = async () => {
      throw new Error("postgres://user:secret@db refused");
    };
    const source = { name: "db", start: async () => {}, stop: async () => {}, add };
    const { ask, log } = await startManagement({ source });
    const { status, body } = await ask("PUT", NODES, { body: `{"node":"${A}"}` });
    assert.equal(status, 500);
    assert.doesNotMatch(body, /secret|postgres/);
    const [, id = "?"] = /under (\S+)"/.exec(body) ?? [];
    assert.ok(log.some((line) => line.includes(id)));
  });
});

describe("GET /1/lb/stats", () => {
  test("is an empty list when nothing happened", async () => {
    const { ask } = await startManagement();
    assert.equal((await ask("GET", "/1/lb/stats")).body, '{"stats":[]}\n');
  });

  test("is whole for each of two readers, whatever the query", async () => {
    const { ask, traffic } = await startManagement();
    traffic.finished({ node: A, fn: "/r/a/f", outcome: "answered", status: 200, ms: 1, waitNs: 1.5e6 });
    for (let i = 0; i < 2; i++) {
      const { stats } = JSON.parse((await ask("GET", `/1/lb/stats?_=${i}`)).body);
      const [{ timestamp, tp, node, func, wait }] = stats;
      assert.deepEqual(
        [timestamp, tp, node, func, wait],
        ["2018-01-22T10:00:00.000Z", 1, A, "/r/a/f", 0.0015],
      );
    }
  });
});

describe("GET /metrics", () => {
  test("is text for Prometheus", async () => {
    const { ask } = await startManagement({ nodes: [A] });
    const { head, body } = await ask("GET", "/metrics");
    assert.match(head, /\r\nContent-Type: text\/plain; version=0\.0\.4/);
    assert.match(body, /^fnlb_node_state\{node="10\.0\.0\.1:8080",state="unknown"\} 1$/m);
  });
});

describe("GET /1/lb/dash", () => {
  test("is a page that may load nothing from elsewhere", async () => {
    const { ask } = await startManagement();
    const { head, body } = await ask("GET", "/1/lb/dash");
    assert.match(head, /\r\nContent-Type: text\/html; charset=utf-8\r\n/);
    assert.match(head, /\r\nContent-Security-Policy: default-src 'none';/);
    assert.match(body, /lb dash/);
  });
});

describe("GET /1/lb/ready", () => {
  test("is 503 without a node that takes requests, and 200 with one", async () => {
    const { ask, pass } = await startManagement({ nodes: [A] });
    assert.equal((await ask("GET", "/1/lb/ready")).status, 503);
    pass(A);
    assert.equal((await ask("GET", "/1/lb/ready")).status, 200);
  });

  test("is 503 from the moment that the balancer stops", async () => {
    const { ask, pass, management } = await startManagement({ nodes: [A] });
    pass(A);
    management.stop();
    assert.equal((await ask("GET", "/1/lb/ready")).status, 503);
  });
});

describe("the management", () => {
  for (const [method, path, allowed] of [
    ["POST", NODES, "GET, HEAD, PUT, DELETE"],
    ["PUT", "/1/lb/stats", "GET, HEAD"],
    ["DELETE", "/1/lb/dash", "GET, HEAD"],
    ["POST", "/1/lb/events", "GET, HEAD"],
    ["GET", "/1/lb/prewarm", "POST"],
    ["toString", NODES, "GET, HEAD, PUT, DELETE"],
  ]) {
    test(`answers ${method} ${path} with 405 and what is allowed`, async () => {
      const { ask } = await startManagement();
      const { status, head } = await ask(String(method), String(path));
      assert.equal(status, 405);
      assert.ok(head.includes(`\r\nAllow: ${allowed}\r\n`), head);
    });
  }

  test("answers HEAD as GET, without the body", async () => {
    const { ask } = await startManagement();
    const { status, head, body } = await ask("HEAD", NODES);
    assert.deepEqual([status, body], [200, ""]);
    assert.match(head, /\r\nContent-Length: 13$/);
  });

  test("answers other paths with 404", async () => {
    const { ask } = await startManagement();
    const { status, body } = await ask("GET", "/r/app/f");
    assert.deepEqual([status, body], [404, '{"msg":"unknown command"}\n']);
  });

  for (const path of ["/1/lb/nodes", "/1/lb/stats", "/metrics"]) {
    test(`serves ${path}`, async () => assert.ok((await startManagement()).management.serves(path)));
  }
  for (const path of ["/1/lb/nodes/", "/1/lb/Nodes", "/1/lb", "/1/lb/%6Eodes", "constructor", "/", "*"]) {
    test(`leaves ${path} to the nodes`, async () =>
      assert.ok(!(await startManagement()).management.serves(path)));
  }
});
