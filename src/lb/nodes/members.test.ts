import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import type { NodeState } from "./health.ts";
import { Members } from "./members.ts";
import type { ListedNode } from "./source.ts";

const PASSED = { passed: true, beganNs: 1 };
const FAILED = { passed: false, beganNs: 1 };

describe("the list of nodes", () => {
  test("shows a new node at once, as unknown", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1")]);
    assert.deepEqual([...statesOf(members)], [["a:1", "unknown"]]);
  });

  test("is sorted by the bytes of the names", () => {
    const { members } = makeMembers();
    members.replace(["10.0.0.2:8080", "b:1", "10.0.0.10:8080"].map((name) => listed(name)));
    assert.deepEqual([...statesOf(members).keys()], ["10.0.0.10:8080", "10.0.0.2:8080", "b:1"]);
  });

  test("holds a node once, however often it is told", () => {
    const { members, events } = makeMembers();
    members.replace([listed("a:1")]);
    members.apply("a:1", PASSED);
    members.replace([listed("a:1"), listed("a:1")]);
    assert.deepEqual(healthy(members), ["a:1"]);
    assert.deepEqual(events, ["add a:1", "a:1 healthy"]);
  });

  test("loses a node at once, with all that was known of it", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1")]);
    members.apply("a:1", PASSED);
    members.replace([]);
    assert.deepEqual([healthy(members), statesOf(members).size], [[], 0]);
    members.replace([listed("a:1")]);
    assert.equal(statesOf(members).get("a:1"), "unknown");
  });
});

describe("the nodes that can take requests", () => {
  test("are those whose checks pass", () => {
    const { members } = makeMembers();
    members.replace(["c:1", "a:1", "b:1"].map((name) => listed(name)));
    members.apply("c:1", PASSED);
    members.apply("b:1", FAILED);
    members.apply("a:1", PASSED);
    assert.deepEqual(healthy(members), ["a:1", "c:1"]);
  });

  test("change when a node fails as often in a row as the threshold says", () => {
    const { members, events } = makeMembers();
    members.replace([listed("a:1")]);
    members.apply("a:1", PASSED);
    members.apply("a:1", { passed: false, beganNs: 2 });
    assert.deepEqual(healthy(members), ["a:1"]);
    members.apply("a:1", { passed: false, beganNs: 3 });
    assert.deepEqual(healthy(members), []);
    assert.deepEqual(events, ["add a:1", "a:1 healthy", "a:1 unhealthy"]);
  });

  test("do not change by a result for a node that was removed", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1")]);
    members.replace([]);
    members.apply("a:1", PASSED);
    assert.deepEqual([healthy(members), statesOf(members).size], [[], 0]);
  });
});

describe("a list that a source tells", () => {
  test("is taken over: what is new is added, what is missing is removed, and the rest stays healthy", () => {
    const { members, events } = makeMembers();
    members.replace([listed("a:1"), listed("b:1")]);
    members.apply("a:1", PASSED);
    members.replace([listed("a:1"), listed("c:1")]);
    assert.deepEqual(
      [...statesOf(members)],
      [
        ["a:1", "healthy"],
        ["c:1", "unknown"],
      ],
    );
    assert.deepEqual(events, ["add a:1", "add b:1", "a:1 healthy", "remove b:1", "add c:1"]);
  });

  test("changes the weight of a node", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1", { weight: 2 })]);
    members.apply("a:1", PASSED);
    assert.deepEqual(members.candidates(), [{ name: "a:1", weight: 2 }]);
    members.replace([listed("a:1", { weight: 3 })]);
    assert.deepEqual(members.candidates(), [{ name: "a:1", weight: 3 }]);
  });

  test("is refused as a whole when a name in it is none", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1")]);
    assert.throws(
      () => members.replace([listed("b:1"), listed("not a host!")]),
      (error) => error instanceof FnError && error.code === "node_name_invalid",
    );
    assert.deepEqual([...statesOf(members).keys()], ["a:1"]);
  });

  test("may be empty, and then nobody takes requests", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1")]);
    members.apply("a:1", PASSED);
    members.replace([]);
    assert.deepEqual(members.candidates(), []);
  });
});

describe("the candidates", () => {
  test("are the same array until something changes", () => {
    const { members, told } = makeMembers();
    members.replace([listed("b:1"), listed("a:1")]);
    members.apply("b:1", PASSED);
    members.apply("a:1", PASSED);
    const before = members.candidates();
    members.apply("a:1", { passed: true, beganNs: 2 });
    members.replace([listed("a:1"), listed("b:1")]);
    members.onOutcome("a:1", { kind: "ok", beganNs: 3 });
    assert.equal(members.candidates(), before);
    members.apply("b:1", { passed: false, beganNs: 2 });
    members.apply("b:1", { passed: false, beganNs: 3 });
    assert.notEqual(members.candidates(), before);
    assert.deepEqual(told, [["b:1"], ["a:1", "b:1"], ["a:1"]]);
  });

  test("are in the order of their names, whatever the order of the list", () => {
    const { members } = makeMembers();
    members.replace(["c:1", "a:1", "b:1"].map((name) => listed(name)));
    for (const name of ["b:1", "c:1", "a:1"]) members.apply(name, PASSED);
    assert.deepEqual(healthy(members), ["a:1", "b:1", "c:1"]);
  });
});

describe("a node to which requests fail", () => {
  test("takes none any more once it refuses a connection", () => {
    const { members, events } = healthyPair();
    members.onOutcome("a:1", { kind: "unreachable", beganNs: 2 });
    assert.deepEqual(healthy(members), ["b:1"]);
    assert.deepEqual(events.slice(-1), ["a:1 unhealthy"]);
  });

  test("takes none any more after three in a row without an answer", () => {
    const { members } = healthyPair();
    for (let i = 0; i < 3; i++) members.onOutcome("a:1", { kind: "late", beganNs: 2 });
    assert.deepEqual(healthy(members), ["b:1"]);
  });

  test("goes on when it is the last one that could take them", () => {
    const { members } = healthyPair();
    members.onOutcome("b:1", { kind: "unreachable", beganNs: 2 });
    for (let i = 0; i < 9; i++) members.onOutcome("a:1", { kind: "broken", beganNs: 2 });
    assert.deepEqual(healthy(members), ["a:1"]);
  });

  test("that is not in the list is nothing to know of", () => {
    const { members } = healthyPair();
    members.onOutcome("c:1", { kind: "unreachable", beganNs: 2 });
    assert.equal(statesOf(members).size, 2);
  });
});

describe("a node that drains", () => {
  const ways: readonly (readonly [who: string, drain: (members: Members) => void])[] = [
    ["the list says so", (members) => members.replace([listed("a:1", { isDraining: true }), listed("b:1")])],
    ["it was told to", (members) => void members.setDraining("a:1", true)],
    [
      "its answer says so",
      (members) => members.onOutcome("a:1", { kind: "ok", beganNs: 2, isDraining: true }),
    ],
    ["its check says so", (members) => members.apply("a:1", { passed: true, beganNs: 2, isDraining: true })],
  ];
  for (const [who, drain] of ways) {
    test(`takes no requests: ${who}`, () => {
      const { members, events } = healthyPair();
      drain(members);
      assert.deepEqual(healthy(members), ["b:1"]);
      assert.deepEqual(events.slice(-1), ["a:1 draining"]);
    });
  }

  test("takes requests again when the list says so", () => {
    const { members } = healthyPair();
    members.replace([listed("a:1", { isDraining: true }), listed("b:1")]);
    members.replace([listed("a:1"), listed("b:1")]);
    assert.deepEqual(healthy(members), ["a:1", "b:1"]);
  });

  test("takes requests again when it is told to, whatever the list says", () => {
    const { members } = healthyPair();
    members.replace([listed("a:1", { isDraining: true }), listed("b:1")]);
    members.setDraining("a:1", false);
    assert.deepEqual(healthy(members), ["a:1", "b:1"]);
  });

  test("takes requests again when a later check does not say so any more", async () => {
    const { members, clock } = healthyPair();
    await clock.advance(10);
    members.onOutcome("a:1", { kind: "ok", beganNs: 2, isDraining: true });
    members.apply("a:1", { passed: true, beganNs: clock.monotonicNs() + 1, isDraining: false });
    assert.deepEqual(healthy(members), ["a:1", "b:1"]);
  });

  test("is believed by the answer to a request that is older than the last check", () => {
    const { members } = healthyPair();
    members.apply("a:1", { passed: true, beganNs: 20, isDraining: false });
    members.onOutcome("a:1", { kind: "ok", beganNs: 10, isDraining: true });
    assert.deepEqual(healthy(members), ["b:1"]);
  });

  test("goes on draining after a check that began before its word", async () => {
    const { members, clock } = healthyPair();
    await clock.advance(10);
    members.onOutcome("a:1", { kind: "ok", beganNs: 2, isDraining: true });
    members.apply("a:1", { passed: true, beganNs: clock.monotonicNs() - 1, isDraining: false });
    assert.deepEqual(healthy(members), ["b:1"]);
  });

  test("takes requests though an answer says otherwise to a request from before it came back", async () => {
    const { members, clock } = healthyPair();
    await clock.advance(10);
    members.onOutcome("a:1", { kind: "ok", beganNs: 2, isDraining: true });
    const backNs = clock.monotonicNs() + 1;
    members.apply("a:1", { passed: true, beganNs: backNs, isDraining: false });
    members.onOutcome("a:1", { kind: "ok", beganNs: backNs - 1, isDraining: true });
    assert.deepEqual(healthy(members), ["a:1", "b:1"]);
    members.onOutcome("a:1", { kind: "ok", beganNs: backNs, isDraining: true });
    assert.deepEqual(healthy(members), ["b:1"]);
  });

  test("is unhealthy, first of all, when it cannot be reached", () => {
    const { members } = healthyPair();
    members.setDraining("a:1", true);
    members.onOutcome("a:1", { kind: "unreachable", beganNs: 2 });
    assert.equal(statesOf(members).get("a:1"), "unhealthy");
  });

  test("is not there to be told when it is not in the list", () => {
    assert.equal(makeMembers().members.setDraining("a:1", true), false);
  });
});

describe("the history of a node", () => {
  test("tells each change of its state, when it was and why", async () => {
    const { members, clock } = makeMembers();
    const startMs = clock.nowMs();
    members.replace([listed("a:1")]);
    await clock.advance(5);
    members.apply("a:1", PASSED);
    await clock.advance(5);
    members.apply("a:1", { passed: false, beganNs: 2 }, "status 500");
    members.apply("a:1", { passed: false, beganNs: 3 }, "status 503");
    assert.deepEqual(historyOf(members), [
      { state: "unknown", atMs: startMs, reason: "it was added" },
      { state: "healthy", atMs: startMs + 5, reason: "its health check passed" },
      { state: "unhealthy", atMs: startMs + 10, reason: "status 503" },
    ]);
  });

  test("keeps the last twenty", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1")]);
    for (let i = 0; i < 30; i++) {
      members.apply("a:1", { passed: true, beganNs: 2 * i });
      members.onOutcome("a:1", { kind: "unreachable", beganNs: 2 * i + 1 });
    }
    assert.equal(historyOf(members).length, 20);
    assert.equal(historyOf(members).at(-1)?.state, "unhealthy");
  });

  test("holds what went wrong, and the view the last reason for which the node was taken out", async () => {
    const { members, clock } = makeMembers();
    members.replace([listed("a:1")]);
    assert.equal(members.views()[0]?.sinceMs, undefined);
    members.apply("a:1", PASSED);
    await clock.advance(7);
    members.onOutcome("a:1", { kind: "unreachable", beganNs: 2, cause: new Error("connect ECONNREFUSED") });
    members.apply("a:1", { passed: true, beganNs: 3 });
    const [view] = members.views();
    assert.equal(view?.reason, "no connection could be made: connect ECONNREFUSED");
    assert.deepEqual([view?.state, view?.sinceMs], ["healthy", clock.nowMs()]);
  });

  test("goes with the node", () => {
    const { members } = makeMembers();
    members.replace([listed("a:1")]);
    members.apply("a:1", PASSED);
    members.replace([]);
    members.replace([listed("a:1")]);
    assert.deepEqual(
      historyOf(members).map(({ state }) => state),
      ["unknown"],
    );
  });
});

function healthy(members: Members): readonly string[] {
  return members.candidates().map(({ name }) => name);
}

function statesOf(members: Members): ReadonlyMap<string, NodeState> {
  return new Map(members.views().map(({ name, state }) => [name, state]));
}

function historyOf(members: Members) {
  return members.views()[0]?.history ?? [];
}

function listed(name: string, more: Partial<ListedNode> = {}): ListedNode {
  return { name, weight: 1, isDraining: false, ...more };
}

/** Two nodes that take requests. */
function healthyPair() {
  const rig = makeMembers();
  rig.members.replace([listed("a:1"), listed("b:1")]);
  for (const name of ["a:1", "b:1"]) rig.members.apply(name, PASSED);
  return rig;
}

function makeMembers() {
  const events: string[] = [];
  const told: string[][] = [];
  const clock = new FakeClock();
  const members = new Members({
    clock,
    thresholds: { healthy: 1, unhealthy: 2 },
    onAdd: (node) => events.push(`add ${node}`),
    onRemove: (node) => events.push(`remove ${node}`),
    onMove: (node, state) => events.push(`${node} ${state}`),
    onCandidates: (candidates) => told.push(candidates.map(({ name }) => name)),
  });
  return { members, events, told, clock };
}
