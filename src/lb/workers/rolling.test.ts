/** Whole processes on one port: what passes between them, and that a restart loses nothing. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { json } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("rolling.suite.ts", import.meta.url));

/** Enough that every moment of a restart has some. */
const CALLERS = 4;

interface Answer {
  readonly worker: string;
  readonly pid: number;
  readonly heard: readonly { readonly word: string; readonly from: string }[];
  readonly gone: readonly string[];
  readonly asked: readonly { readonly worker: string; readonly answer: number }[];
}

interface Rig {
  readonly program: ChildProcess;
  readonly port: number;
}

async function start(t: TestContext, count: number): Promise<Rig> {
  const program = fork(PROGRAM, [String(count)]);
  const ended = once(program, "exit");
  t.after(async () => {
    program.kill("SIGTERM");
    await ended;
  });
  const [{ readyOnPort }] = await once(program, "message");
  return { program, port: readyOnPort };
}

async function restart({ program }: Rig): Promise<void> {
  const restarted = once(program, "message");
  program.kill("SIGHUP");
  await restarted;
}

/** Over a connection of its own, unless there is an agent. */
async function call({ port }: Rig, path = "/", agent: Agent | false = false): Promise<Answer> {
  const request = get({ host: "127.0.0.1", port, path, agent });
  const [response] = await once(request, "response");
  // What the program answers.
  return (await json(response)) as Answer;
}

/** Calls until both workers have answered, and gives an answer of each. */
async function eachOf(rig: Rig, count: number, path = "/"): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  while (answers.size < count) {
    const answer = await call(rig, path);
    answers.set(answer.worker, answer);
  }
  return answers;
}

/** Calls one after the other, from several callers, until it is stopped; then gives how many were answered. */
function offerCalls(rig: Rig, path: string, agent: Agent | false = false): { stop(): Promise<number> } {
  let isStopped = false;
  let answered = 0;
  const caller = async () => {
    while (!isStopped) {
      await call(rig, path, agent);
      answered++;
    }
  };
  const callers = Promise.all(Array.from({ length: CALLERS }, caller));
  callers.catch(() => {});
  return {
    async stop() {
      isStopped = true;
      await callers;
      return answered;
    },
  };
}

describe("several workers on one port", { concurrency: 2 }, () => {
  test("each get connections", async (t) => {
    const rig = await start(t, 2);
    assert.deepEqual([...(await eachOf(rig, 2)).keys()].sort(), ["w1", "w2"]);
  });

  test("hear what one publishes, all but itself", async (t) => {
    const rig = await start(t, 2);
    const { worker: from } = await call(rig, "/publish?word=hello");
    // The channel keeps the order, but the other one reads it when it can.
    let others: readonly Answer[] = [];
    while (!others.some(({ heard }) => heard.length > 0)) {
      others = [...(await eachOf(rig, 2)).values()].filter(({ worker }) => worker !== from);
    }
    assert.deepEqual(others[0]?.heard, [{ word: "hello", from }]);
    assert.deepEqual((await eachOf(rig, 2)).get(from)?.heard, []);
  });

  test("answer together what one is asked", async (t) => {
    const rig = await start(t, 2);
    await eachOf(rig, 2);
    const { asked } = await call(rig, "/ask");
    assert.deepEqual(asked.map(({ worker }) => worker).sort(), ["w1", "w2"]);
    assert.ok(asked.every(({ answer }) => answer > 0));
  });

  for (const count of [1, 2]) {
    test(`are all replaced by a restart, and no new connection is refused or reset: ${count}`, async (t) => {
      const rig = await start(t, count);
      const calls = offerCalls(rig, "/");
      await restart(rig);
      assert.ok((await calls.stop()) > 0);
      const workers = [...(await eachOf(rig, count)).keys()].sort();
      assert.deepEqual(workers, count === 1 ? ["w2"] : ["w3", "w4"]);
    });
  }

  test("finish in a restart what is under way", async (t) => {
    const rig = await start(t, 2);
    const calls = offerCalls(rig, "/slow");
    await restart(rig);
    assert.ok((await calls.stop()) > 0);
  });

  test("lose no call over connections that are kept, when they say that they close", async (t) => {
    const rig = await start(t, 2);
    const agent = new Agent({ keepAlive: true });
    const calls = offerCalls(rig, "/", agent);
    await restart(rig);
    assert.ok((await calls.stop()) > 0);
    agent.destroy();
  });

  test("are replaced when they die, and the others know", async (t) => {
    const rig = await start(t, 2);
    const { worker, pid } = await call(rig);
    process.kill(pid, "SIGKILL");
    // What it had accepted is reset with it.
    const answers = async () => [...((await eachOf(rig, 2).catch(() => undefined))?.values() ?? [])];
    const isReplaced = (seen: readonly Answer[]) =>
      seen.some(({ worker }) => worker === "w3") && seen.some(({ gone }) => gone.length > 0);
    let seen = await answers();
    while (!isReplaced(seen)) seen = await answers();
    assert.deepEqual(
      seen.flatMap(({ gone }) => gone),
      [worker],
    );
  });

  test("end when the process above them is killed", async (t) => {
    const rig = await start(t, 1);
    const { pid } = await call(rig);
    rig.program.kill("SIGKILL");
    const isThere = () => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    while (isThere()) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});
