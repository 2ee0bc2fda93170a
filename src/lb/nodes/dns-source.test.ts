import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DnsSource, isDnsQuery, type Resolver } from "./dns-source.ts";
import { sourceRig } from "./source-rig.suite.ts";

const notFound = Object.assign(new Error("queryA ENOTFOUND"), { code: "ENOTFOUND" });

describe("the nodes that DNS names", () => {
  test("are the addresses of a host, of both families, with the port", async () => {
    const { source, onNodes, told } = dnsRig("fn.internal:8080", {
      resolve4: async () => ["10.0.0.2", "10.0.0.1"],
      resolve6: async () => ["fd00::1"],
    });
    await source.start(onNodes);
    assert.deepEqual(told, [["10.0.0.1:8080", "10.0.0.2:8080", "[fd00::1]:8080"]]);
  });

  test("may be of one family only", async () => {
    const { source, onNodes, told } = dnsRig("fn.internal:8080", { resolve4: async () => ["10.0.0.1"] });
    await source.start(onNodes);
    assert.deepEqual(told, [["10.0.0.1:8080"]]);
  });

  test("are the targets of SRV records, with weights relative to each other", async () => {
    const { source, onNodes, lists } = dnsRig("_fn._tcp.internal", {
      resolveSrv: async () => [
        { name: "b.internal", port: 8081, priority: 1, weight: 30 },
        { name: "a.internal.", port: 8080, priority: 1, weight: 10 },
      ],
    });
    await source.start(onNodes);
    assert.deepEqual(lists, [
      [
        { name: "a.internal:8080", weight: 0.5, isDraining: false },
        { name: "b.internal:8081", weight: 1.5, isDraining: false },
      ],
    ]);
  });

  test("are of the lowest priority only", async () => {
    const { source, onNodes, told } = dnsRig("_fn._tcp.internal", {
      resolveSrv: async () => [
        { name: "spare", port: 1, priority: 2, weight: 0 },
        { name: "main", port: 1, priority: 1, weight: 0 },
      ],
    });
    await source.start(onNodes);
    assert.deepEqual(told, [["main:1"]]);
  });

  test("are asked for again at every interval, and told when they have changed", async () => {
    const answers = [["10.0.0.1"], ["10.0.0.1"], ["10.0.0.1", "10.0.0.2"]];
    const { source, onNodes, told, clock } = dnsRig("fn:80", { resolve4: async () => answers.shift() ?? [] });
    await source.start(onNodes);
    await clock.advance(5000);
    assert.equal(told.length, 1);
    await clock.advance(5000);
    assert.deepEqual(told, [["10.0.0.1:80"], ["10.0.0.1:80", "10.0.0.2:80"]]);
  });

  const failures: readonly (readonly [what: string, answer: () => Promise<string[]>])[] = [
    ["the name server does not answer", () => Promise.reject(new Error("timeout"))],
    ["the name is not known any more", () => Promise.reject(notFound)],
    ["there is no address", async () => []],
  ];
  for (const [what, answer] of failures) {
    test(`stay as they were when ${what}, which is said once`, async () => {
      let resolve4 = async () => ["10.0.0.1"];
      const { source, onNodes, told, clock, messages } = dnsRig("fn:80", { resolve4: () => resolve4() });
      await source.start(onNodes);
      resolve4 = answer;
      await clock.advance(20_000);
      assert.equal(told.length, 1);
      assert.equal(messages.length, 1);
    });
  }

  test("must be known at the start", async () => {
    const { source, onNodes, clock } = dnsRig("fn:80", {});
    await assert.rejects(source.start(onNodes), notFound);
    assert.equal(clock.pending, 0);
  });

  test("are not asked for after a stop", async () => {
    const { source, onNodes, clock } = dnsRig("fn:80", { resolve4: async () => ["10.0.0.1"] });
    await source.start(onNodes);
    await source.stop();
    assert.equal(clock.pending, 0);
  });
});

describe("a question to DNS", () => {
  for (const text of ["fn.internal:8080", "_fn._tcp.internal", "_fn._tcp.ns.svc.cluster.local"]) {
    test(`may be ${text}`, () => assert.ok(isDnsQuery(text)));
  }
  for (const text of ["", "fn.internal", "_fn.internal", "_fn._sctp.internal", "_fn._tcp.", "http://fn:80"]) {
    test(`is not ${JSON.stringify(text)}`, () => assert.ok(!isDnsQuery(text)));
  }
});

/** A source that asks every 5 s; what the resolver is not told, it does not find. */
function dnsRig(query: string, answers: Partial<Resolver>) {
  const rig = sourceRig();
  const none = () => Promise.reject(notFound);
  const resolver: Resolver = { resolve4: none, resolve6: none, resolveSrv: none, ...answers };
  const { clock, log } = rig;
  return { ...rig, source: new DnsSource({ query, intervalMs: 5000, resolver, clock, log }) };
}
