import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { settle } from "../../clock/fake-clock.ts";
import { makeTempFunctions } from "../common/temp-functions.suite.ts";
import { HANG_LIMIT } from "../driver.suite.ts";
import { createDockerDriver } from "./driver.ts";
import { startFakeServer } from "./fake-server.suite.ts";

const { debug: DEBUG, warn: WARN } = pino.levels.values;

/** Opens a driver on an engine that answers everything with this, and waits until it has been asked for these. */
async function openOn(t: TestContext, status: number, body: unknown, awaited: readonly RegExp[]) {
  const open = new Set(awaited);
  const asked = Promise.withResolvers<void>();
  const server = await startFakeServer((request, answer) => {
    request.resume();
    for (const pattern of open) if (pattern.test(`${request.method} ${request.url}`)) open.delete(pattern);
    if (open.size === 0) asked.resolve();
    answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  const functions = await makeTempFunctions();
  const levels: number[] = [];
  const driver = await createDockerDriver({
    dockerHost: `tcp://${server.host}`,
    functionsRoot: functions.functionsRoot,
    workDir: functions.workDir,
    nodePath: process.execPath,
    instance: "test",
    clock: systemClock,
    // Without chance every delay is 0.
    random: { next: () => 0 },
    log: pino({ level: "debug" }, { write: (line) => void levels.push(JSON.parse(line).level) }),
  });
  t.after(async () => {
    await driver.close();
    await server.stop();
    await functions.remove();
  });
  await asked.promise;
  return { levels };
}

const NODE_IMAGE = /^GET \/images\/hotfn\/node:\w+\/json/;
const ANCHOR_IMAGE = /^GET \/images\/hotfn\/anchor:\w+\/json/;
const NETWORK = /^POST \/networks\/create/;

describe("opening a docker driver", HANG_LIMIT, () => {
  test("begins to make what the first call needs: the image with Node, and an anchor with its network", async (t) => {
    await openOn(t, 200, [], [NODE_IMAGE, ANCHOR_IMAGE, NETWORK]);
  });

  test("goes well on an engine that refuses all that, which is logged for debugging only", async (t) => {
    const { levels } = await openOn(t, 500, { message: "no" }, [NODE_IMAGE, ANCHOR_IMAGE]);
    while (levels.filter((level) => level === DEBUG).length < 2) await settle();
    // The one warning is that dead servers cannot be looked for.
    assert.deepEqual(levels, [WARN, DEBUG, DEBUG]);
  });
});
