import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { makeTempFunctions } from "../common/temp-functions.suite.ts";
import { openWorkDir } from "../common/work-dir.ts";
import { connectEngine } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";
import { OutOfReach, SocketDirs } from "./socket-dirs.ts";

/** Where an engine counts its processes in another namespace, its pids name others here: this one, for instance. */
const FOREIGN = { Running: true, Pid: process.pid };
const ENDED = { Running: false, Pid: 0 };

/** Directories beside an engine that tells this of every container. Nothing ends, unless told. */
async function dirsWith(t: TestContext, state: { readonly Running: boolean; readonly Pid: number }) {
  const waits: ServerResponse[] = [];
  let onWait = () => {};
  const server = await startFakeServer((request, answer) => {
    answer.writeHead(200, { "Content-Type": "application/json" });
    if (request.url?.endsWith("/wait")) {
      waits.push(answer);
      onWait();
    } else {
      answer.end(JSON.stringify({ Id: "0123456789abcdef", State: state }));
    }
  });
  const isWaitedFor = () =>
    new Promise<void>((resolve) => {
      onWait = resolve;
    });
  const clock = new FakeClock();
  const functions = await makeTempFunctions();
  t.after(async () => {
    await server.stop();
    await functions.remove();
  });
  const said: string[] = [];
  const log = pino({ level: "debug" }, { write: (line) => void said.push(JSON.parse(line).msg) });
  const workDir = await openWorkDir(functions.workDir, log);
  const engine = connectEngine(`tcp://${server.host}`);
  return { dirs: new SocketDirs({ engine, workDir, clock, log }), clock, waits, isWaitedFor, said };
}

describe("the directory of a socket", () => {
  test("is in the container's memory", async (t) => {
    const { dirs } = await dirsWith(t, FOREIGN);
    assert.deepEqual(dirs.make().mount(), { type: "tmpfs" });
  });

  test("stays empty when the container has ended before it could be looked into", async (t) => {
    const { dirs } = await dirsWith(t, ENDED);
    const dir = dirs.make();
    dir.mount();
    await dir.open("c1");
    assert.deepEqual(readdirSync(dir.path), []);
    assert.deepEqual(dirs.make().mount(), { type: "tmpfs" });
  });

  test("is shared on disk from then on when a container runs and cannot be looked into", async (t) => {
    const { dirs, clock, isWaitedFor, said } = await dirsWith(t, FOREIGN);
    const [one, other] = [dirs.make(), dirs.make()];
    one.mount();
    other.mount();
    for (const dir of [one, other]) {
      const waitedFor = isWaitedFor();
      const refused = assert.rejects(dir.open("c1"), OutOfReach);
      await waitedFor;
      await clock.advance(2_000);
      await refused;
      assert.deepEqual(dir.mount(), { type: "bind", source: dir.path });
    }
    await one.open("c1");
    assert.equal(statSync(one.path).mode & 0o777, 0o777);
    assert.equal(said.length, 1);
  });

  test("says nothing of others when its container has just ended, and the engine did not know yet", async (t) => {
    const { dirs, waits, isWaitedFor } = await dirsWith(t, FOREIGN);
    const dir = dirs.make();
    dir.mount();
    const waitedFor = isWaitedFor();
    const opened = dir.open("c1");
    await waitedFor;
    waits[0]?.end('{"StatusCode":1}');
    await opened;
    assert.deepEqual(dirs.make().mount(), { type: "tmpfs" });
  });

  test("is not given up for one that cannot be looked into when another could", async (t) => {
    const { dirs, clock, isWaitedFor } = await dirsWith(t, FOREIGN);
    dirs.prove();
    const dir = dirs.make();
    dir.mount();
    const waitedFor = isWaitedFor();
    const failed = assert.rejects(dir.open("c1"), /is not the container's|ENOENT/);
    await waitedFor;
    await clock.advance(2_000);
    await failed;
    assert.deepEqual(dirs.make().mount(), { type: "tmpfs" });
  });

  test("is gone when it is removed, also twice", async (t) => {
    const { dirs } = await dirsWith(t, ENDED);
    const dir = dirs.make();
    await dir.remove();
    await dir.remove();
    assert.throws(() => statSync(dir.path), { code: "ENOENT" });
  });
});
