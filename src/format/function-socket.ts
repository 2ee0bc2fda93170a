import { watch } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import type { CancelSignal } from "../clock/cancel.ts";
import { type Clock, sleep } from "../clock/clock.ts";
import { FnError } from "../model/errors.ts";

/**
 * A socket bound under its final name is there an instant before it listens, or before its mode is right, and nothing
 * tells when that instant is over. Kits link the name to a socket that is ready, and are never asked twice.
 */
const NOT_READY: ReadonlySet<string | undefined> = new Set(["ECONNREFUSED", "EACCES"]);
const NOT_READY_RETRY_MS = 10;

/**
 * Waits until the function listens at `path`, and connects to it. The directory is its own, and it may put anything
 * there. Errors: `container_init_failed`, `container_start_failed` (the directory cannot be watched), and the
 * signal's reason.
 */
export async function connectWhenReady(path: string, clock: Clock, signal: CancelSignal): Promise<Socket> {
  const socketPath = await appearance(path, signal);
  for (;;) {
    try {
      return await connectTo(socketPath, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!NOT_READY.has(codeOf(error))) throw initFailed(`its socket takes no connection: ${error}`, error);
    }
    await sleep(clock, NOT_READY_RETRY_MS, signal);
  }
}

/** Connects to a socket that has been there before. Errors: `answer_cut`, and the signal's reason. */
export async function reconnect(path: string, signal: CancelSignal): Promise<Socket> {
  try {
    const socketPath = await findSocket(path);
    if (socketPath === undefined) throw new Error("the function's socket is gone");
    return await connectTo(socketPath, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new FnError("answer_cut", {}, { cause: error });
  }
}

/** Resolves with the path of the socket itself when something is at `path`; nothing is missed and nothing polled. */
function appearance(path: string, signal: CancelSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const watcher = watchDirectory(dirname(path));
    const stop = () => {
      watcher.close();
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown) => {
      stop();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    const look = () => {
      findSocket(path).then((socketPath) => {
        if (socketPath === undefined) return;
        stop();
        resolve(socketPath);
      }, fail);
    };
    signal.addEventListener("abort", onAbort);
    watcher.on("error", (error) => fail(watchFailed(error)));
    watcher.on("change", (_event, name) => {
      if (name === basename(path)) look();
    });
    // Only now, when its creation can no longer slip by unseen.
    look();
  });
}

/**
 * The path of the socket behind `path`; undefined when there is nothing. A link may only name a file beside itself:
 * any other would lead out of the function's directory into this machine's. Errors: `container_init_failed`.
 */
async function findSocket(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(orNothing);
  if (!found) return undefined;
  if (!found.isSymbolicLink()) {
    if (!found.isSocket()) throw initFailed("what it put at FN_LISTENER is not a socket");
    return path;
  }
  const target = await readlink(path);
  if (target !== basename(target) || target === "." || target === "..") {
    throw initFailed("the link it put at FN_LISTENER leads out of its directory");
  }
  const socketPath = join(dirname(path), target);
  const linked = await lstat(socketPath).catch(orNothing);
  if (!linked?.isSocket()) throw initFailed("the link it put at FN_LISTENER does not lead to a socket");
  return socketPath;
}

function connectTo(path: string, signal: CancelSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ path });
    const settle = (action: () => void) => {
      signal.removeEventListener("abort", onAbort);
      action();
    };
    const onAbort = () => {
      socket.destroy();
      settle(() => reject(signal.reason));
    };
    signal.addEventListener("abort", onAbort);
    socket.once("connect", () => settle(() => resolve(socket)));
    socket.on("error", (error) => settle(() => reject(error)));
  });
}

function watchDirectory(path: string): ReturnType<typeof watch> {
  try {
    return watch(path);
  } catch (error) {
    throw watchFailed(error);
  }
}

function watchFailed(error: unknown): FnError {
  return new FnError("container_start_failed", {}, { hint: "its directory cannot be watched", cause: error });
}

function initFailed(hint: string, cause?: unknown): FnError {
  return new FnError("container_init_failed", {}, { hint, cause });
}

function orNothing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT")
    throw initFailed(`what it put at FN_LISTENER cannot be looked at: ${error}`, error);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
