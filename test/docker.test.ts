/** One node as a program, whose functions run in containers of a real Docker engine. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { exchange, MIB } from "./support/bodies.ts";
import {
  type DockerNode,
  engine,
  memoryGainMib,
  ownerOfSuite,
  skipWithoutEngine,
  startDockerNode,
} from "./support/docker.ts";
import { createRoute } from "./support/programs.ts";

/** What a node may hold of bodies that pass through it, whatever their size: buffers, and what awaits collection. */
const HELD_MIB_MAX = 80;

/** Back to back: what one logs may come while the next one runs. */
const SAYING_CALLS = 100;

let node: DockerNode;

async function call(path: string, body?: string): Promise<Response> {
  return await fetch(`${node.url}/r/t${path}`, body === undefined ? {} : { method: "POST", body });
}

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { error: { code: string } }).error.code;
}

async function logOf(answer: Response): Promise<string> {
  const id = answer.headers.get("fn_call_id");
  const found = await fetch(`${node.url}/v1/apps/t/calls/${id}/log`);
  return ((await found.json()) as { log: { log: string } }).log.log;
}

describe("a node with Docker", { skip: await skipWithoutEngine() }, () => {
  const owner = ownerOfSuite();
  before(async () => {
    node = await startDockerNode(owner);
  });

  test("answers from a container that is shut in every way", async () => {
    await createRoute(node, "/hello", "", { image: "dir:functions/hello", memory: 96 });
    const answer = await call("/hello", "Ada");
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "Hello, Ada!\n");
    const [id = ""] = await node.containers();
    const { Config, HostConfig } = await engine.getContainer(id).inspect();
    assert.equal(Config.User, "1000:1000");
    const { CapDrop, LogConfig, Memory, MemorySwap, PidsLimit, ReadonlyRootfs, SecurityOpt } = HostConfig;
    assert.deepEqual(
      {
        CapDrop,
        log: LogConfig?.Type,
        Memory,
        MemorySwap,
        PidsLimit,
        ReadonlyRootfs,
        SecurityOpt,
      },
      {
        CapDrop: ["ALL"],
        log: "none",
        Memory: 96 * MIB,
        // With swap together: none.
        MemorySwap: 96 * MIB,
        PidsLimit: 128,
        ReadonlyRootfs: true,
        SecurityOpt: ["no-new-privileges"],
      },
    );
    assert.deepEqual(HostConfig.Ulimits, [{ Name: "nofile", Soft: 1024, Hard: 1024 }]);
    assert.deepEqual(HostConfig.Tmpfs, {
      "/tmp": "size=64m,mode=1777",
      "/tmp/iofs": "size=1m,nr_inodes=64,mode=0777",
    });
    assert.equal(HostConfig.Privileged, false);
  });

  for (const format of ["default", "http", "json", "http-stream"]) {
    test(`serves a function of format ${format}`, async () => {
      await createRoute(node, `/${format}`, "formats", { format });
      for (const body of ["one", "two"]) {
        const answer = await call(`/${format}`, body);
        assert.equal(answer.status, 200);
        assert.equal(await answer.text(), `${format}: ${body}`);
      }
    });
  }

  test("tells in the call's log what Fn's kit says of a format that it does not speak", async () => {
    await createRoute(node, "/kit", "", { image: "dir:functions/primes", format: "json" });
    const answer = await call("/kit", "Ada");
    assert.equal(answer.status, 502);
    assert.equal(await codeOf(answer), "container_exited");
    assert.match(await logOf(answer), /does not support the 'json' format/);
  });

  for (const format of ["http", "http-stream"]) {
    test(`holds no large body of format ${format}, neither in nor out`, async () => {
      await createRoute(node, `/large-${format}`, "unruly", { format, timeout: 60 });
      const url = `${node.url}/r/t/large-${format}`;
      await exchange(`${url}?do=echo`, 20);
      const gainMib = await memoryGainMib(node.pid, async () => {
        assert.deepEqual(await exchange(`${url}?do=echo`, 90), { status: 200, bytes: 90 * MIB });
      });
      assert.ok(gainMib < HELD_MIB_MAX, `${gainMib} MiB`);
    });
  }

  for (const format of ["http", "http-stream"]) {
    for (const callers of [1, 20]) {
      test(`keeps what a call of format ${format} says in its own log, with ${callers} at a time`, async () => {
        const path = `/say-${format}-${callers}`;
        await createRoute(node, path, "unruly", { format });
        const said = new Map<string, Response>();
        let calls = 0;
        const callOneAfterAnother = async () => {
          while (calls < SAYING_CALLS) {
            const id = `${++calls}`;
            said.set(id, await call(`${path}?do=say&id=${id}`));
          }
        };
        await Promise.all(Array.from({ length: callers }, callOneAfterAnother));
        for (const [id, answer] of said) assert.equal(await logOf(answer), `said by ${id}\n`);
      });
    }
  }

  test("answers 502 for an image that is not there and whose registry does not answer", async () => {
    await createRoute(node, "/nowhere", "", { image: "127.0.0.1:1/nobody/nothing:1" });
    const answer = await call("/nowhere");
    assert.equal(answer.status, 502);
    assert.equal(await codeOf(answer), "image_unreachable");
  });
});

describe("a node with Docker that stops", { skip: await skipWithoutEngine() }, () => {
  test("on SIGTERM serves what runs, and leaves no container and no socket", async (t) => {
    const own = await startDockerNode(t);
    await createRoute(own, "/stream", "unruly");
    await createRoute(own, "/stdio", "unruly", { format: "http" });
    const url = (path: string) => `${own.url}/r/t/${path}?do=sleep&amount=500`;
    await Promise.all([fetch(url("stream")), fetch(url("stdio"))]);
    const running = [fetch(url("stream")), fetch(url("stdio"))];
    // Both have been accepted: the node has answered one that came after them.
    await fetch(`${own.url}/version`);
    own.program.child.kill("SIGTERM");
    assert.deepEqual(
      (await Promise.all(running)).map(({ status }) => status),
      [200, 200],
    );
    assert.equal(await own.program.ended, 0, own.program.output());
    assert.deepEqual(await own.everything(), []);
    assert.deepEqual(own.socketDirs(), []);
  });
});
