import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { connectEngine } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";
import { ensureNodeImage } from "./node-image.ts";

interface ListedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
}

/** An engine that has none of the images that are asked for, and beside them these. */
async function rigOf(t: TestContext, others: readonly ListedImage[] = [], removeStatus = 200) {
  const removed: string[] = [];
  const listed: string[] = [];
  const server = await startFakeServer((request, answer) => {
    request.resume();
    const { pathname, searchParams } = new URL(request.url ?? "", "http://engine");
    const answerWith = (status: number, body: unknown) => {
      answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.method === "DELETE") {
      removed.push(pathname.slice("/images/".length));
      answerWith(removeStatus, []);
    } else if (pathname === "/images/create") {
      request.on("end", () => answerWith(200, { status: searchParams.get("changes") }));
    } else if (pathname === "/images/json") {
      listed.push(searchParams.get("filters") ?? "");
      answerWith(200, others);
    } else {
      answerWith(404, { message: "no such image" });
    }
  });
  t.after(() => server.stop());
  return { engine: connectEngine(`tcp://${server.host}`), removed, listed };
}

/** A program that tells of itself as Node does: no libraries, and this is what is in it. */
async function nodeWith(t: TestContext, digest: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "node-"));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, "node");
  await writeFile(path, `#!/bin/sh\necho '{"libraries":[],"digests":["${digest}"]}'\n`);
  await chmod(path, 0o755);
  return path;
}

describe("the image of a Node", () => {
  test("is the same wherever that Node lies", async (t) => {
    const { engine } = await rigOf(t);
    const paths = [await nodeWith(t, "a"), await nodeWith(t, "a")];
    const [one, other] = await Promise.all(paths.map((path) => ensureNodeImage(engine, path, "test/node")));
    assert.equal(one, other);
  });

  test("is another when something else is in that Node", async (t) => {
    const { engine } = await rigOf(t);
    const paths = [await nodeWith(t, "a"), await nodeWith(t, "b")];
    const [one, other] = await Promise.all(paths.map((path) => ensureNodeImage(engine, path, "test/node")));
    assert.notEqual(one, other);
  });

  test("takes the place of the others of its repository, also of those without a name", async (t) => {
    const nodePath = await nodeWith(t, "a");
    const image = await ensureNodeImage((await rigOf(t)).engine, nodePath, "test/node");
    const { engine, removed, listed } = await rigOf(t, [
      { Id: "this", RepoTags: [image] },
      { Id: "older", RepoTags: ["test/node:older"] },
      { Id: "nameless", RepoTags: null },
    ]);
    await ensureNodeImage(engine, nodePath, "test/node");
    assert.deepEqual(listed, ['{"label":["hotfn.repository=test/node"]}']);
    assert.deepEqual(removed.sort(), ["nameless", "older"]);
  });

  test("leaves those that the engine will not remove, since a container uses them", async (t) => {
    const { engine, removed } = await rigOf(t, [{ Id: "older", RepoTags: ["test/node:older"] }], 409);
    await ensureNodeImage(engine, await nodeWith(t, "a"), "test/node");
    assert.deepEqual(removed, ["older"]);
  });
});
