import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { connectEngine, isEngineThere, readProgress, startError } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";

async function hostOf(t: TestContext, status: number): Promise<string> {
  const server = await startFakeServer((_request, answer) => answer.writeHead(status).end("OK"));
  t.after(() => server.stop());
  return `tcp://${server.host}`;
}

describe("an engine", () => {
  test("is there when it answers a ping", async (t) => {
    assert.equal(await isEngineThere({ dockerHost: await hostOf(t, 200) }), true);
  });

  test("is not there when it answers with an error, or nothing listens, or the address is none", async (t) => {
    const hosts = [await hostOf(t, 500), "unix:///no/such/docker.sock", "docker.sock"];
    assert.deepEqual(await Promise.all(hosts.map((dockerHost) => isEngineThere({ dockerHost }))), [
      false,
      false,
      false,
    ]);
  });

  for (const dockerHost of [
    "",
    "/var/run/docker.sock",
    "unix://",
    "tcp://host",
    "https://host:2376",
    "ssh://me@host",
  ]) {
    test(`cannot be at '${dockerHost}'`, () => {
      assert.throws(() => connectEngine(dockerHost), /is no Docker engine/);
    });
  }
});

describe("a container that cannot be started", () => {
  const causes: readonly (readonly [code: string, what: string, cause: object])[] = [
    ["engine_unreachable", "no engine listens", { syscall: "connect", code: "ECONNREFUSED" }],
    ["engine_unreachable", "the engine breaks off", { code: "ECONNRESET" }],
    ["container_start_failed", "the engine refuses", { statusCode: 500 }],
    ["container_start_failed", "a file of this machine is missing", { syscall: "open", code: "ENOENT" }],
  ];
  for (const [code, what, cause] of causes) {
    test(`fails with ${code} when ${what}`, () => {
      assert.equal(startError(Object.assign(new Error(what), cause)).code, code);
    });
  }
});

describe("what an engine tells of its progress", () => {
  test("is read to its end, wherever it is cut into pieces", async () => {
    await readProgress(Readable.from(['{"status":"Pul', 'ling"}\r\n{"status":', '"Done"}\r\n']));
  });

  test("ends with an error that is one of its lines", async () => {
    const lines = ['{"status":"Pulling"}\r\n', '{"errorDetail":{"message":"no"},"error":"no"}'];
    await assert.rejects(readProgress(Readable.from(lines)), /^Error: no$/);
  });
});
