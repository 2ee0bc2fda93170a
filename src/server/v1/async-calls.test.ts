/** Calls that nobody waits for: how they are seen, cancelled and run again, and what is kept of their answers. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { StoredAnswer } from "../../model/queued-call.ts";
import { endQueued, openRig, type Rig, seedCalls, seedQueued } from "./rig.suite.ts";

const CALLS = "/v1/apps/demo/calls";
const NO_TIME = "0001-01-01T00:00:00.000Z";

const ANSWER: StoredAnswer = {
  status: 201,
  headers: [["Content-Type", "text/plain"]],
  body: Buffer.from("<b>hi"),
  bodyBytes: 5,
};

/** A call that failed for good. */
async function seedDead(rig: Rig): Promise<string> {
  const id = await seedQueued(rig);
  await endQueued(rig, { status: "error", error: "container exit code 1", isDead: true });
  return id;
}

describe("API reference 4.1: states of calls", () => {
  test("queued: accepted, begun never", async (t) => {
    const rig = await openRig(t);
    const id = await seedQueued(rig);
    const { body } = await rig.send("GET", `${CALLS}/${id}`);
    const { status, started_at, completed_at, attempts } = body.call ?? {};
    assert.deepEqual([status, started_at, completed_at, attempts], ["queued", NO_TIME, NO_TIME, 0]);
  });

  test("running: a node has it", async (t) => {
    const rig = await openRig(t);
    const id = await seedQueued(rig);
    await rig.store.queue.claim({ holder: "test", limit: 1, leaseMs: 1000 });
    const { body } = await rig.send("GET", `${CALLS}/${id}`);
    assert.deepEqual([body.call?.status, body.call?.attempts], ["running", 1]);
  });

  for (const status of ["success", "error", "timeout"] as const) {
    test(`${status}: it has ended`, async (t) => {
      const rig = await openRig(t);
      const id = await seedQueued(rig);
      await endQueued(rig, { status });
      const { body } = await rig.send("GET", `${CALLS}/${id}`);
      assert.equal(body.call?.status, status);
      assert.notEqual(body.call?.completed_at, NO_TIME);
    });
  }

  test("cancelled: somebody took it back", async (t) => {
    const rig = await openRig(t);
    const id = await seedQueued(rig);
    const answer = await rig.send("DELETE", `${CALLS}/${id}`);
    assert.deepEqual(
      [answer.status, answer.body.message, answer.body.call?.status],
      [200, "Call cancelled", "cancelled"],
    );
    assert.equal((await rig.send("GET", `${CALLS}/${id}`)).body.call?.status, "cancelled");
  });

  test("dead: it failed as often as it may", async (t) => {
    const rig = await openRig(t);
    const id = await seedDead(rig);
    const { body } = await rig.send("GET", `${CALLS}/${id}`);
    assert.deepEqual([body.call?.status, body.call?.dead], ["error", true]);
  });
});

describe("calls are listed by status", () => {
  const cases = [
    { status: "queued", ends: [] },
    { status: "success", ends: ["success"] },
    { status: "error", ends: ["error", "dead"] },
    { status: "dead", ends: ["dead"] },
    { status: "", ends: ["queued", "success", "error", "dead"] },
  ];
  for (const { status, ends } of cases) {
    test(`?status=${status} lists ${ends.length || "the waiting"} of one of each`, async (t) => {
      const rig = await openRig(t);
      const ids = {
        success: await seedQueued(rig),
        error: "",
        dead: "",
        queued: "",
      };
      await endQueued(rig);
      ids.dead = await seedDead(rig);
      await seedCalls(rig, ["01A"], { status: "error" });
      ids.error = "01A";
      ids.queued = await seedQueued(rig);
      const wanted = status === "queued" ? ["queued"] : ends;
      const { body } = await rig.send("GET", `${CALLS}?status=${status}`);
      assert.deepEqual(
        body.calls?.map(({ id }) => id).sort(),
        Object.entries(ids)
          .flatMap(([name, id]) => (wanted.includes(name) ? [id] : []))
          .sort(),
      );
    });
  }

  test("a status that there is not is refused", async (t) => {
    const { send } = await openRig(t);
    const { status, body } = await send("GET", `${CALLS}?status=sleeping`);
    assert.deepEqual([status, body.error?.code], [400, "call_status_invalid"]);
  });
});

describe("DELETE of a call", () => {
  test("that has ended is refused", async (t) => {
    const rig = await openRig(t);
    const id = await seedQueued(rig);
    await endQueued(rig);
    const { status, body } = await rig.send("DELETE", `${CALLS}/${id}`);
    assert.deepEqual([status, body.error?.code], [409, "call_ended"]);
  });

  test("that is not there is refused", async (t) => {
    const { send } = await openRig(t);
    const { status, body } = await send("DELETE", `${CALLS}/none`);
    assert.deepEqual([status, body.error?.code], [404, "call_not_found"]);
  });
});

describe("the answer to an async call", () => {
  const answered = async (rig: Rig, answer?: StoredAnswer) => {
    const id = await seedQueued(rig);
    await endQueued(rig, {}, answer);
    return `${CALLS}/${id}`;
  };

  test("is part of the call", async (t) => {
    const rig = await openRig(t);
    const { body } = await rig.send("GET", await answered(rig, ANSWER));
    assert.deepEqual(body.call?.answer, {
      status: 201,
      content_type: "text/plain",
      body: "<b>hi",
      bytes: 5,
      truncated: false,
    });
  });

  test("is base64 there when it is no text, and says when it was cut", async (t) => {
    const rig = await openRig(t);
    const target = await answered(rig, { ...ANSWER, body: Buffer.from([0xff, 0]), bodyBytes: 9 });
    const { body } = await rig.send("GET", target);
    const { body: text, encoding, bytes, truncated } = (body.call?.answer ?? {}) as Record<string, unknown>;
    assert.deepEqual([text, encoding, bytes, truncated], ["/wA=", "base64", 9, true]);
  });

  test("is not part of lists", async (t) => {
    const rig = await openRig(t);
    await answered(rig, ANSWER);
    assert.ok(!(await rig.send("GET", CALLS)).text.includes("answer"));
  });

  test("is had as it is under /answer, and cannot run in a browser", async (t) => {
    const rig = await openRig(t);
    const { status, headers, text } = await rig.send("GET", `${await answered(rig, ANSWER)}/answer`);
    assert.deepEqual([status, text], [200, "<b>hi"]);
    assert.deepEqual(
      ["content-type", "fn-http-status", "fn-body-bytes", "content-security-policy"].map(
        (name) => headers[name],
      ),
      ["text/plain", "201", "5", "sandbox"],
    );
  });

  test("of a function that said no type is bytes", async (t) => {
    const rig = await openRig(t);
    const target = await answered(rig, { ...ANSWER, headers: [] });
    const { headers } = await rig.send("GET", `${target}/answer`);
    assert.equal(headers["content-type"], "application/octet-stream");
  });

  test("that is not kept is 404", async (t) => {
    const rig = await openRig(t);
    const { status, body } = await rig.send("GET", `${await answered(rig)}/answer`);
    assert.deepEqual([status, body.error?.code], [404, "answer_not_found"]);
  });

  test("to a call that is not there is 404", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("GET", `${CALLS}/none/answer`);
    assert.equal(body.error?.code, "call_not_found");
  });
});

describe("redrive", () => {
  test("has a dead call run again", async (t) => {
    const rig = await openRig(t);
    const id = await seedDead(rig);
    const answer = await rig.send("POST", `${CALLS}/${id}/redrive`);
    assert.deepEqual(
      [answer.status, answer.body.message, answer.body.call?.status],
      [200, "Call queued again", "queued"],
    );
    const [claimed] = await rig.store.queue.claim({ holder: "test", limit: 1, leaseMs: 1000 });
    assert.deepEqual([claimed?.call.id, claimed?.attempts], [id, 1]);
  });

  test("refuses a call that is not dead", async (t) => {
    const rig = await openRig(t);
    const id = await seedQueued(rig);
    const { status, body } = await rig.send("POST", `${CALLS}/${id}/redrive`);
    assert.deepEqual([status, body.error?.code], [409, "call_not_dead"]);
  });

  test("has all dead calls of an app run again", async (t) => {
    const rig = await openRig(t);
    await seedDead(rig);
    await seedDead(rig);
    const { text } = await rig.send("POST", `${CALLS}/redrive`);
    assert.equal(text, '{"message":"Calls queued again","redriven":2,"more":false}');
    assert.deepEqual(await rig.store.queue.counts(), { queued: 2, running: 0, dead: 0 });
  });

  test("has only those of one path run again, if told so", async (t) => {
    const rig = await openRig(t);
    await seedDead(rig);
    const { text } = await rig.send("POST", `${CALLS}/redrive?path=/other`);
    assert.equal(text, '{"message":"Calls queued again","redriven":0,"more":false}');
  });

  test("takes a hundred at a time, and says that there are more", async (t) => {
    const rig = await openRig(t);
    for (let i = 0; i < 101; i++) await seedDead(rig);
    const first = await rig.send("POST", `${CALLS}/redrive`);
    const second = await rig.send("POST", `${CALLS}/redrive`);
    assert.deepEqual(
      [first, second].map(({ text }) => text),
      [
        '{"message":"Calls queued again","redriven":100,"more":true}',
        '{"message":"Calls queued again","redriven":1,"more":false}',
      ],
    );
  });

  test("of an app that is not there is refused", async (t) => {
    const { send } = await openRig(t);
    const { status, body } = await send("POST", "/v1/apps/none/calls/redrive");
    assert.deepEqual([status, body.error?.code], [404, "app_not_found"]);
  });
});
