import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FnError } from "../../model/errors.ts";
import { isNodeName, Members } from "./members.ts";

const PASSED = { passed: true, beganNs: 1 };
const FAILED = { passed: false, beganNs: 1 };

describe("the list of nodes", () => {
  test("shows a new node at once, as unknown", () => {
    const { members } = makeMembers();
    members.add("a:1");
    assert.deepEqual([...members.states()], [["a:1", "unknown"]]);
  });

  test("is sorted by the bytes of the names", () => {
    const { members } = makeMembers();
    for (const node of ["10.0.0.2:8080", "b:1", "10.0.0.10:8080"]) members.add(node);
    assert.deepEqual([...members.states().keys()], ["10.0.0.10:8080", "10.0.0.2:8080", "b:1"]);
  });

  test("holds a node once, however often it is added", () => {
    const { members, events } = makeMembers();
    members.add("a:1");
    members.apply("a:1", PASSED);
    members.add("a:1");
    assert.deepEqual(members.healthy(), ["a:1"]);
    assert.deepEqual(events, ["add a:1", "a:1 healthy"]);
  });

  test("loses a node at once, with all that was known of it", () => {
    const { members } = makeMembers();
    members.add("a:1");
    members.apply("a:1", PASSED);
    members.remove("a:1");
    assert.deepEqual([members.healthy(), members.states().size], [[], 0]);
    members.add("a:1");
    assert.equal(members.states().get("a:1"), "unknown");
  });

  test("takes the removal of an unknown node for done", () => {
    const { members, events } = makeMembers();
    members.remove("a:1");
    assert.deepEqual(events, []);
  });

  test("refuses a name that is not host:port", () => {
    const { members } = makeMembers();
    assert.throws(
      () => members.add("not a host!"),
      (error) => error instanceof FnError && error.code === "node_name_invalid",
    );
    assert.equal(members.states().size, 0);
  });
});

describe("the nodes that can take requests", () => {
  test("are those whose checks pass", () => {
    const { members } = makeMembers();
    for (const node of ["c:1", "a:1", "b:1"]) members.add(node);
    members.apply("c:1", PASSED);
    members.apply("b:1", FAILED);
    members.apply("a:1", PASSED);
    assert.deepEqual(members.healthy(), ["a:1", "c:1"]);
  });

  test("change when a node fails as often in a row as the threshold says", () => {
    const { members, events } = makeMembers();
    members.add("a:1");
    members.apply("a:1", PASSED);
    members.apply("a:1", { passed: false, beganNs: 2 });
    assert.deepEqual(members.healthy(), ["a:1"]);
    members.apply("a:1", { passed: false, beganNs: 3 });
    assert.deepEqual(members.healthy(), []);
    assert.deepEqual(events, ["add a:1", "a:1 healthy", "a:1 unhealthy"]);
  });

  test("do not change by a result for a node that was removed", () => {
    const { members } = makeMembers();
    members.add("a:1");
    members.remove("a:1");
    members.apply("a:1", PASSED);
    assert.deepEqual([members.healthy(), members.states().size], [[], 0]);
  });
});

describe("the name of a node", () => {
  for (const name of [
    "localhost:8080",
    "10.0.0.1:80",
    "[::1]:8080",
    "node-1.example.com:65535",
    "fn_node:1",
  ]) {
    test(`may be ${name}`, () => assert.ok(isNodeName(name)));
  }

  const wrong = [
    "",
    "host",
    ":80",
    "host:",
    "host:0",
    "host:65536",
    "host:080",
    "not a host!:80",
    "http://host:80",
    "host:80/",
    "user@host:80",
    "[::1:80",
    "[1:2]:80",
    "999.1.1.1:80",
    "a..b:80",
    "-a:80",
    "host:80\n",
  ];
  for (const name of wrong) {
    test(`is not ${JSON.stringify(name)}`, () => assert.ok(!isNodeName(name)));
  }

  test("is always the authority of a URL", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9._[\]:%@-]{1,12}:[0-9]{1,5}$/), (name) => {
        if (isNodeName(name)) assert.equal(new URL(`http://${name}/x`).pathname, "/x");
      }),
    );
  });
});

function makeMembers() {
  const events: string[] = [];
  const members = new Members({
    thresholds: { healthy: 1, unhealthy: 2 },
    onAdd: (node) => events.push(`add ${node}`),
    onRemove: (node) => events.push(`remove ${node}`),
    onMove: (node, state) => events.push(`${node} ${state}`),
  });
  return { members, events };
}
