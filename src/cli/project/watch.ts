import { type FSWatcher, watch } from "node:fs";
import type { Clock, Timer } from "../../clock/clock.ts";
import { isSkipped } from "./folder-copy.ts";

/** Editors write a file in several steps; this long after the last one it is whole. */
const QUIET_MS = 50;

/**
 * Calls `onChange` whenever files below a folder have been saved: once for all that are saved together, and again only when it
 * is done. It begins with the return; closing the watcher ends it.
 */
export function watchFolder(folder: string, clock: Clock, onChange: () => Promise<void>): FSWatcher {
  let quiet: Timer | undefined;
  let running = Promise.resolve();
  const run = () => {
    running = running.then(onChange);
  };
  return watch(folder, { recursive: true }, (_, path) => {
    if (path !== null && isOfNoInterest(path)) return;
    quiet?.cancel();
    quiet = clock.after(QUIET_MS, run);
  });
}

function isOfNoInterest(path: string): boolean {
  return path.split("/").some((name) => isSkipped(name) || name === "node_modules");
}
