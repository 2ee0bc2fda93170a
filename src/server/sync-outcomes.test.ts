import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import type { FakeProcess, FakeStep } from "../driver/fake/driver.ts";
import type { Call } from "../model/call.ts";
import { FnError } from "../model/errors.ts";
import { type AgentRigOptions, afterInput, answerHttp, startAgentNode } from "./agent-rig.suite.ts";
import { call } from "./invoke-rig.suite.ts";

const HTTP = { fn: { format: "http" } } as const;
const COLD = { fn: { format: "default" } } as const;

const fine = answerHttp("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");

const failsAt = (step: FakeStep, error: FnError): AgentRigOptions["script"] & object => ({
  onStep: (each) => (each === step ? raise(error) : undefined),
});

function raise(error: FnError): never {
  throw error;
}

interface Row {
  readonly situation: string;
  readonly options: AgentRigOptions;
  readonly play?: (process: FakeProcess) => void;
  readonly path?: string;
  readonly status: number;
  readonly body: string | undefined;
  /** Of the call's record; undefined when there is none. */
  readonly record: string | undefined;
}

/**
 * Where a row differs from what Fn did, section 7.2 or ARCHITECTURE.md says so: calls without a container are recorded, and
 * a function that ends or answers nonsense is a 502 at once.
 */
describe("API reference 3.5: outcomes of a sync call", () => {
  const rows: readonly Row[] = [
    {
      situation: "success, hot",
      options: HTTP,
      play: fine,
      status: 201,
      body: "ok",
      record: "success",
    },
    {
      situation: "success, cold",
      options: COLD,
      play: afterInput((_, { stdout, exit }) => {
        stdout.write("out");
        exit();
      }),
      status: 200,
      body: "out",
      record: "success",
    },
    {
      situation: "an unknown app",
      options: HTTP,
      path: "/r/nope/x",
      status: 404,
      body: "App not found",
      record: undefined,
    },
    {
      situation: "an unknown route",
      options: HTTP,
      path: "/r/app/nope",
      status: 404,
      body: "Route not found",
      record: undefined,
    },
    {
      situation: "more memory than the node can ever give",
      options: { fn: { format: "http", memoryMib: 2048 } },
      status: 503,
      body: "Timed out - server too busy",
      record: "error",
    },
    {
      situation: "more cpu than the node can ever give",
      options: { fn: { format: "http", cpusMilli: 3000 } },
      status: 503,
      body: "Timed out - server too busy",
      record: "error",
    },
    {
      situation: "an image that the registry refuses",
      options: {
        ...HTTP,
        script: failsAt("prepare", new FnError("image_not_found", { image: "i", reason: "no such image" })),
      },
      status: 404,
      body: "Failed to pull image 'i': no such image",
      record: "error",
    },
    {
      situation: "a container that cannot be created",
      options: { ...HTTP, script: failsAt("create", new FnError("container_start_failed")) },
      status: 500,
      body: "internal server error",
      record: "error",
    },
    {
      situation: "a hot container that cannot be started",
      options: { ...HTTP, script: failsAt("start", new FnError("container_start_failed")) },
      status: 500,
      body: "internal server error",
      record: "error",
    },
    {
      situation: "a cold container that cannot be started",
      options: { ...COLD, script: failsAt("start", new FnError("container_start_failed")) },
      status: 500,
      body: "internal server error",
      record: "error",
    },
    {
      situation: "a cold container that exits with another code than 0",
      options: COLD,
      play: afterInput((_, { exit }) => exit({ code: 3 })),
      status: 502,
      body: "container exit code 3",
      record: "error",
    },
    {
      situation: "a cold container that does so after its output began",
      options: COLD,
      play: afterInput((_, { stdout, exit }) => {
        stdout.write("partial");
        exit({ code: 3 });
      }),
      status: 502,
      body: "container exit code 3",
      record: "error",
    },
    {
      situation: "a container that is out of memory",
      options: COLD,
      play: afterInput((_, { exit }) => exit({ code: 137, outOfMemory: true })),
      status: 502,
      body: "container out of memory, you may want to raise route.memory for this route (default: 128MB)",
      record: "error",
    },
    {
      situation: "a hot container that exits with another code than 0 during the call",
      options: HTTP,
      play: ({ stdin, exit }) => void stdin.once("data", () => exit({ code: 3 })),
      status: 502,
      body: "container exit code 3",
      record: "error",
    },
    {
      situation: "a hot container that exits with 0 during the call",
      options: HTTP,
      play: ({ stdin, exit }) => void stdin.once("data", () => exit()),
      status: 502,
      body: "container exit code 0",
      record: "error",
    },
    {
      situation: "hot output that cannot be read",
      options: HTTP,
      play: answerHttp("nonsense\r\n\r\n"),
      status: 502,
      body: undefined,
      record: "error",
    },
  ];
  for (const { situation, options, play = fine, path = "/r/app/x", status, body, record } of rows) {
    test(`${situation}: ${status}${record ? `, recorded as ${record}` : ", no record"}`, async () => {
      const rig = await startAgentNode(play, options);
      const answer = await call(rig.port, path);
      assert.equal(answer.status, status);
      if (body !== undefined) assert.equal(status < 300 ? answer.body : sentenceOf(answer.body), body);
      assert.deepEqual(statusesOf(await rig.calls()), record ? [record] : []);
    });
  }

  test("no slot by the slot deadline, half of the timeout: 503, recorded as error", async () => {
    const { rig, clock } = await startBusyNode();
    const second = call(rig.port, "/r/app/x");
    await rig.until("submitted", 2);
    await clock.advance(15_000);
    const { status, headers, body } = await second;
    assert.deepEqual([status, sentenceOf(body)], [503, "Timed out - server too busy"]);
    assert.notEqual(headers["retry-after"], undefined);
    assert.deepEqual(statusesOf(await rig.calls()), ["error"]);
  });

  test("the deadline passes while it runs: 504, recorded as timeout", async () => {
    const { rig, clock, first } = await startBusyNode();
    await clock.advance(30_000);
    const { status, body } = await first;
    assert.deepEqual([status, sentenceOf(body)], [504, "Timed out"]);
    assert.deepEqual(statusesOf(await rig.calls()), ["timeout"]);
  });

  test("the client disconnects while it runs: recorded as error", async () => {
    const begun = Promise.withResolvers<void>();
    const rig = await startAgentNode(({ stdin }) => void stdin.once("data", () => begun.resolve()), HTTP);
    const client = connect(rig.port, "127.0.0.1");
    client.write("GET /r/app/x HTTP/1.1\r\nHost: a\r\n\r\n");
    await begun.promise;
    client.destroy();
    await rig.until("ended", 1);
    const [record] = await rig.calls();
    assert.deepEqual([record?.status, record?.error], ["error", new FnError("client_gone").message]);
  });

  test("the server shuts down: 503, no record", async () => {
    const rig = await startAgentNode(fine, HTTP);
    await rig.agent.stop(0);
    const { status, body } = await call(rig.port, "/r/app/x");
    assert.deepEqual([status, sentenceOf(body)], [503, "Timed out - server too busy"]);
    assert.deepEqual(await rig.calls(), []);
  });
});

/** A node on a fake clock, with one container at most, which has a call that it does not answer. */
async function startBusyNode() {
  const clock = new FakeClock();
  const rig = await startAgentNode(() => {}, { ...HTTP, clock, agent: { containersPerFnMax: 1 } });
  const first = call(rig.port, "/r/app/x");
  // When the test does not wait for it, the node breaks it off at its end.
  first.catch(() => {});
  await rig.until("started", 1);
  return { rig, clock, first };
}

function sentenceOf(body: string): string {
  return JSON.parse(body).error.message;
}

function statusesOf(calls: readonly Call[]): readonly string[] {
  return calls.map(({ status }) => status);
}
