import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { Hub, type HubMember } from "./hub.ts";
import type { ToWorker } from "./messages.ts";

interface FakeMember extends HubMember {
  isServing: boolean;
  readonly received: ToWorker[];
}

function hubOf(...ids: readonly string[]) {
  const clock = new FakeClock();
  const hub = new Hub(clock);
  const members = ids.map((id): FakeMember => {
    const received: ToWorker[] = [];
    const member = {
      id,
      isServing: true,
      received,
      isAnswering: () => member.isServing,
      send: (message: ToWorker) => void received.push(message),
    };
    hub.join(member);
    return member;
  });
  return { clock, hub, members: members as [FakeMember, FakeMember, FakeMember] };
}

describe("what a worker publishes", () => {
  test("reaches all others and not itself", () => {
    const { hub, members } = hubOf("a", "b", "c");
    const [a, b, c] = members;
    hub.receive(a, { kind: "publish", topic: "loads", message: { x: 1 } });
    const message = { kind: "message", from: "a", topic: "loads", message: { x: 1 } };
    assert.deepEqual([a.received, b.received, c.received], [[], [message], [message]]);
  });
});

describe("what a worker asks", () => {
  test("is answered with the answers of all, its own among them", () => {
    const { hub, members } = hubOf("a", "b");
    const [a, b] = members;
    hub.receive(a, { kind: "ask", id: 7, topic: "calls" });
    hub.receive(b, { kind: "answer", id: 1, answer: 20 });
    hub.receive(a, { kind: "answer", id: 1, answer: 10 });
    const answers = [
      { worker: "b", answer: 20 },
      { worker: "a", answer: 10 },
    ];
    assert.deepEqual(a.received.at(-1), { kind: "answers", id: 7, answers });
    assert.deepEqual(b.received, [{ kind: "question", id: 1, topic: "calls" }]);
  });

  test("is not asked of workers that do not serve yet", () => {
    const { hub, members } = hubOf("a", "b");
    const [a, b] = members;
    a.isServing = false;
    hub.receive(a, { kind: "ask", id: 1, topic: "calls" });
    hub.receive(b, { kind: "answer", id: 1, answer: 20 });
    assert.deepEqual(a.received, [{ kind: "answers", id: 1, answers: [{ worker: "b", answer: 20 }] }]);
  });

  test("is answered at once where nobody serves", () => {
    const { hub, members } = hubOf("a");
    members[0].isServing = false;
    hub.receive(members[0], { kind: "ask", id: 1, topic: "calls" });
    assert.deepEqual(members[0].received, [{ kind: "answers", id: 1, answers: [] }]);
  });

  test("is answered after a second without those who are stuck", async () => {
    const { clock, hub, members } = hubOf("a", "b");
    const [a] = members;
    hub.receive(a, { kind: "ask", id: 1, topic: "calls" });
    hub.receive(a, { kind: "answer", id: 1, answer: 10 });
    await clock.advance(999);
    assert.equal(a.received.length, 1);
    await clock.advance(1);
    assert.deepEqual(a.received.at(-1), { kind: "answers", id: 1, answers: [{ worker: "a", answer: 10 }] });
  });

  test("leaves out who has no answer", () => {
    const { hub, members } = hubOf("a");
    hub.receive(members[0], { kind: "ask", id: 1, topic: "calls" });
    hub.receive(members[0], { kind: "answer", id: 1 });
    assert.deepEqual(members[0].received.at(-1), { kind: "answers", id: 1, answers: [] });
  });

  test("counts no answer twice, and none that comes too late", () => {
    const { clock, hub, members } = hubOf("a");
    const [a] = members;
    hub.receive(a, { kind: "ask", id: 1, topic: "calls" });
    for (let i = 0; i < 2; i++) hub.receive(a, { kind: "answer", id: 1, answer: 10 });
    assert.equal(a.received.filter(({ kind }) => kind === "answers").length, 1);
    assert.equal(clock.pending, 0);
  });
});

describe("a worker that is gone", () => {
  test("is told to the others", () => {
    const { hub, members } = hubOf("a", "b");
    const [a, b] = members;
    hub.leave(b);
    assert.deepEqual(a.received, [{ kind: "gone", worker: "b" }]);
    assert.deepEqual(b.received, []);
  });

  test("is waited for no longer", () => {
    const { clock, hub, members } = hubOf("a", "b");
    const [a, b] = members;
    hub.receive(a, { kind: "ask", id: 1, topic: "calls" });
    hub.receive(a, { kind: "answer", id: 1, answer: 10 });
    hub.leave(b);
    assert.deepEqual(a.received.at(-1), { kind: "answers", id: 1, answers: [{ worker: "a", answer: 10 }] });
    assert.equal(clock.pending, 0);
  });
});
