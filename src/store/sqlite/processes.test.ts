import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openFile, tempPath } from "./temp-database.suite.ts";

const PROCESSES = 4;
const UPDATES_EACH = 25;

/**
 * Waits until its input ends, so that all begin at once; then opens the store, makes the app unless another was
 * first, and counts in it.
 */
const PROGRAM = `
  import { openSqliteStore } from ${JSON.stringify(fileURLToPath(new URL("sqlite-store.ts", import.meta.url)))};
  import { systemClock } from ${JSON.stringify(fileURLToPath(new URL("../../clock/clock.ts", import.meta.url)))};
  const [path, id] = process.argv.slice(1);
  process.stdout.write("ready");
  for await (const _ of process.stdin);

  const store = await openSqliteStore(path, systemClock);
  const app = { id, name: "demo", config: {}, secrets: {}, annotations: {}, syslogUrl: "", createdAtMs: 0, updatedAtMs: 0 };
  await store.apps.insert(app).catch((error) => {
    if (error.code !== "app_exists") throw error;
  });
  for (let i = 0; i < ${UPDATES_EACH}; i++) {
    await store.apps.update({ name: "demo" }, (app) => ({ ...app, updatedAtMs: app.updatedAtMs + 1 }));
  }
  await store.close();
`;

test("processes that open one new file at once make it together, and none of their updates is lost", async (t) => {
  const path = tempPath(t);
  const children = Array.from({ length: PROCESSES }, (_, i) =>
    spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM, path, `app-${i}`], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  t.after(() => {
    for (const child of children) child.kill();
  });

  await Promise.all(children.map((child) => once(child.stdout, "data")));
  const ended = Promise.all(children.map(exitCodeOf));
  for (const child of children) child.stdin.end();

  assert.deepEqual(await ended, Array(PROCESSES).fill(0));
  const { apps } = await openFile(t, path);
  assert.equal((await apps.get({ name: "demo" }))?.updatedAtMs, PROCESSES * UPDATES_EACH);
});

async function exitCodeOf(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, "exit");
  return code;
}
