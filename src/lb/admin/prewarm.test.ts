import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, B, startManagement } from "./management.suite.ts";
import { FNS_MAX, homesBy } from "./prewarm.ts";

const PREWARM = "/1/lb/prewarm";

interface Options {
  /** Of which functions each node is the home. */
  readonly homes?: Readonly<Record<string, readonly string[]>>;
  readonly fails?: (node: string) => boolean;
  readonly nodes?: readonly string[];
}

/** `asked` gets what each node is asked, and the state of the list then. */
async function start({ homes = {}, fails = () => false, nodes = [A, B] }: Options = {}) {
  const asked: { node: string; fns: readonly string[]; listed: readonly string[] }[] = [];
  const rig = await startManagement({
    nodes,
    homes: {
      homeOf: (fn) => Object.keys(homes).find((node) => homes[node]?.includes(fn)),
      homesOn: ({ name }) => homes[name] ?? [],
    },
    async warm(node, fns) {
      asked.push({ node, fns, listed: rig.nodes.list().map(({ name }) => name) });
      if (fails(node)) throw new Error("connection refused");
      return fns.length;
    },
  });
  return { ...rig, asked };
}

function post(fns: unknown, node?: string) {
  return { body: JSON.stringify({ fns, node }) };
}

describe("POST /1/lb/prewarm", () => {
  test("asks the home of each function", async () => {
    const { ask, asked } = await start({ homes: { [A]: ["/r/a/f", "/r/a/g"], [B]: ["/r/a/h"] } });
    const { status, body } = await ask("POST", PREWARM, post(["/r/a/f", "/r/a/h", "/r/a/g"]));
    assert.deepEqual([status, body], [202, '{"warming":3}\n']);
    assert.deepEqual(
      asked.map(({ node, fns }) => [node, fns]),
      [
        [A, ["/r/a/f", "/r/a/g"]],
        [B, ["/r/a/h"]],
      ],
    );
  });

  test("asks the node that is named", async () => {
    const { ask, asked } = await start({ homes: { [A]: ["/r/a/f"] } });
    await ask("POST", PREWARM, post(["/r/a/f"], B));
    assert.deepEqual(
      asked.map(({ node }) => node),
      [B],
    );
  });

  test("takes every spelling of a path for one function", async () => {
    const { ask, asked } = await start({ homes: { [A]: ["/r/a/f"] } });
    await ask("POST", PREWARM, post(["/r/a/f", "/r/a/%66"]));
    assert.deepEqual(
      asked.map(({ fns }) => fns),
      [["/r/a/f"]],
    );
  });

  test("asks nobody who is not a node", async () => {
    const { ask, asked } = await start();
    const { status } = await ask("POST", PREWARM, post(["/r/a/f"], "10.9.9.9:1"));
    assert.deepEqual([status, asked.length], [404, 0]);
  });

  test("tells which nodes have not agreed", async () => {
    const { ask } = await start({ homes: { [A]: ["/r/a/f"], [B]: ["/r/a/h"] }, fails: (node) => node === B });
    const { status, body } = await ask("POST", PREWARM, post(["/r/a/f", "/r/a/h"]));
    assert.equal(status, 202);
    assert.deepEqual(JSON.parse(body), { warming: 1, failed: { [B]: "connection refused" } });
  });

  test("fails when no node has agreed, or there is none", async () => {
    const failing = await start({ homes: { [A]: ["/r/a/f"] }, fails: () => true });
    assert.equal((await failing.ask("POST", PREWARM, post(["/r/a/f"]))).status, 502);
    const empty = await start({ nodes: [] });
    assert.equal((await empty.ask("POST", PREWARM, post(["/r/a/f"]))).status, 503);
  });

  const wrong: readonly (readonly [what: string, fns: unknown])[] = [
    ["nothing", undefined],
    ["an empty list", []],
    ["a text", "/r/a/f"],
    ["a path that is no function's", ["/v1/apps"]],
    ["a query", ["/r/a/f?x"]],
    ["a number", [5]],
    ["too many", Array.from({ length: FNS_MAX + 1 }, (_, i) => `/r/a/${i}`)],
  ];
  for (const [what, fns] of wrong) {
    test(`refuses ${what}`, async () => {
      const { ask, asked } = await start();
      assert.equal((await ask("POST", PREWARM, post(fns, A))).status, 400);
      assert.equal(asked.length, 0);
    });
  }
});

describe("PUT /1/lb/nodes with prewarm", () => {
  const put = { body: `{"node":"${B}","prewarm":true}` };

  test("has the node warm what will come to it, and then lets it in", async () => {
    const { ask, asked, nodes } = await start({ nodes: [A], homes: { [B]: ["/r/a/f", "/r/a/g"] } });
    const { status, body } = await ask("PUT", "/1/lb/nodes", put);
    assert.deepEqual([status, body], [200, '{"msg":"node added","warming":2}\n']);
    assert.deepEqual(asked, [{ node: B, fns: ["/r/a/f", "/r/a/g"], listed: [A] }]);
    assert.equal(nodes.list().length, 2);
  });

  test("lets a node in that does not agree, and says so", async () => {
    const { ask, nodes } = await start({ nodes: [A], homes: { [B]: ["/r/a/f"] }, fails: () => true });
    const { status, body } = await ask("PUT", "/1/lb/nodes", put);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body), {
      msg: "node added",
      warming: 0,
      failed: { [B]: "connection refused" },
    });
    assert.equal(nodes.list().length, 2);
  });

  test("asks nothing when nothing will come to it", async () => {
    const { ask, asked } = await start({ nodes: [A] });
    await ask("PUT", "/1/lb/nodes", put);
    assert.equal(asked.length, 0);
  });
});

describe("the home of a function", () => {
  test("is where its next call would go, and no call is counted for the question", () => {
    let outstanding = 0;
    const homes = homesBy({
      place() {
        outstanding++;
        return { node: A, answered: () => {}, end: () => void outstanding-- };
      },
    });
    assert.deepEqual([homes.homeOf("/r/a/f"), outstanding], [A, 0]);
  });

  test("is nowhere without nodes", () => {
    const homes = homesBy({ place: () => undefined });
    assert.equal(homes.homeOf("/r/a/f"), undefined);
    assert.deepEqual(homes.homesOn({ name: A, weight: 1 }, 9), []);
  });
});
