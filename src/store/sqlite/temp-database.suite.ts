import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Clock, systemClock } from "../../clock/clock.ts";
import type { Store } from "../store.ts";
import { IN_MEMORY } from "./database-file.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** A folder of the test's own, removed when it ends. */
export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The path of a database that is not there yet, in a folder of the test's own. */
export function tempPath(t: TestContext): string {
  return join(tempFolder(t), "fn.db");
}

/** A store over that file, closed when the test ends. */
export async function openFile(
  t: TestContext,
  path = tempPath(t),
  clock: Clock = systemClock,
): Promise<Store> {
  return closedAfter(t, await openSqliteStore(path, clock));
}

/** As `openFile`, with calls that a thread of their own stores. */
export async function openFileWithCallsApart(t: TestContext): Promise<Store> {
  return closedAfter(t, await openSqliteStore(tempPath(t), systemClock, { storesCallsApart: true }));
}

export async function openMemory(t: TestContext): Promise<Store> {
  return closedAfter(t, await openSqliteStore(IN_MEMORY, systemClock));
}

function closedAfter(t: TestContext, store: Store): Store {
  t.after(() => store.close());
  return store;
}
