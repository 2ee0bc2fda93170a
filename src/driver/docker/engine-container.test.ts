import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { makeTempFunctions } from "../common/temp-functions.suite.ts";
import { openWorkDir } from "../common/work-dir.ts";
import { HARDENED } from "./create-options.ts";
import { connectEngine } from "./engine.ts";
import { createInEngine } from "./engine-container.ts";
import { startFakeServer } from "./fake-server.suite.ts";
import { Remover } from "./remover.ts";

/** An engine's refusal. */
interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** As the client library throws it. */
function errorOf({ status, message }: Refusal): Error {
  return Object.assign(new Error(message), { statusCode: status });
}

/** A container that an engine makes once it has refused with these; its app's anchors are a1, a2, and so on. */
async function rigOf(t: TestContext, ...refusals: readonly Refusal[]) {
  const left = [...refusals];
  const seen = { modes: [] as string[], removed: 0, shared: 0, released: 0, lost: 0 };
  const server = await startFakeServer(async (request, answer) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    if (request.method === "DELETE") seen.removed++;
    else seen.modes.push(JSON.parse(Buffer.concat(parts).toString()).HostConfig.NetworkMode);
    const refusal = request.method === "POST" ? left.shift() : undefined;
    answer.writeHead(refusal?.status ?? 201, { "Content-Type": "application/json" });
    answer.end(JSON.stringify(refusal ?? { Id: "c1" }));
  });
  const log = pino({ level: "silent" });
  const functions = await makeTempFunctions();
  t.after(async () => {
    await server.stop();
    await functions.remove();
  });
  const engine = connectEngine(`tcp://${server.host}`);
  const home = {
    engine,
    workDir: await openWorkDir(functions.workDir, log),
    remover: new Remover(engine, { clock: systemClock, random: { next: () => 0 } }, log),
    hardening: HARDENED,
    labels: {},
    log,
    share: async () => {
      const anchorId = `a${++seen.shared}`;
      const release = () => void seen.released++;
      return { mode: `container:${anchorId}`, anchorId, release, lose: () => void seen.lost++ };
    },
  };
  const limits = { memoryMib: 128, cpusMilli: 0 };
  const names = { id: "c1", appId: "app-1", image: "hello", hostname: "n" };
  const spec = { ...names, env: {}, channel: "stdio", ...limits } as const;
  return { create: () => createInEngine(spec, { engineImage: "hello" }, home), seen };
}

const anchorGone: Refusal = { status: 409, message: "cannot join network of a non running container: a1" };

describe("a container whose network is gone", () => {
  const refusals: readonly (readonly [what: string, refusal: Refusal])[] = [
    ["does not run", anchorGone],
    ["does not exist", { status: 404, message: "No such container: a1" }],
    ["has just died", { status: 400, message: "namespace path: lstat /proc/77/ns/net: no such file" }],
  ];
  for (const [what, refusal] of refusals) {
    test(`is made anew in another one when the engine says that the anchor ${what}`, async (t) => {
      const { create, seen } = await rigOf(t);
      const container = await create();
      assert.equal(await container.recreate(errorOf(refusal)), true);
      assert.deepEqual(seen, {
        modes: ["container:a1", "container:a2"],
        removed: 1,
        shared: 2,
        released: 1,
        lost: 1,
      });
    });
  }

  test("is made in another one when the engine says so as it is made first", async (t) => {
    const { create, seen } = await rigOf(t, anchorGone);
    await create();
    assert.deepEqual(seen.modes, ["container:a1", "container:a2"]);
  });

  test("gives everything back when the next one is gone, too", async (t) => {
    const { create, seen } = await rigOf(t, anchorGone, { status: 404, message: "No such container: a2" });
    await assert.rejects(create(), { code: "container_start_failed" });
    assert.deepEqual([seen.shared, seen.released], [2, 2]);
  });

  test("is not made anew after it has been removed", async (t) => {
    const { create, seen } = await rigOf(t);
    const container = await create();
    await container.remove();
    assert.equal(await container.recreate(errorOf(anchorGone)), false);
    assert.equal(seen.released, 1);
  });
});

describe("a container that cannot be made", () => {
  test("for another reason is not tried again", async (t) => {
    const { create, seen } = await rigOf(t, { status: 500, message: "no room" });
    await assert.rejects(create(), { code: "container_start_failed" });
    assert.deepEqual([seen.modes.length, seen.lost, seen.released], [1, 0, 1]);
  });

  test("since its name is taken leaves the other one alone", async (t) => {
    const { create, seen } = await rigOf(t, { status: 409, message: "the name c1 is in use" });
    await assert.rejects(create(), { code: "container_start_failed" });
    assert.equal(seen.removed, 0);
  });

  test("for want of its image says so", async (t) => {
    const { create } = await rigOf(t, { status: 404, message: "No such image: hello" });
    await assert.rejects(create(), { code: "image_not_found" });
  });
});
