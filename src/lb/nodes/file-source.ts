import { type FSWatcher, watch } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Logger } from "pino";
import type { Clock, Timer } from "../../clock/clock.ts";
import { isSameList } from "./listed-nodes.ts";
import { parseNodeFile } from "./node-file.ts";
import type { ListedNode, NodeSource } from "./source.ts";

/** A file is read once it has been left alone for so long: some programs write it piece by piece. */
const QUIET_MS = 100;
/** Where the system does not tell of changes, as on file systems of other machines, they are seen after this. */
const LOOK_MS = 10_000;
/** Ten thousand nodes with long names and a comment each. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

interface FileSourceOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The nodes of a file, in the form of node-file.ts. A file that is gone or broken leaves the list as it was, and the log says
 * why. It is the folder that is watched, so that a file which is replaced by another is seen, too.
 */
export class FileSource implements NodeSource {
  readonly name: string;
  readonly #options: FileSourceOptions;
  #onNodes: (nodes: readonly ListedNode[]) => void = () => {};
  #nodes: readonly ListedNode[] = [];
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #reading: Promise<void> | undefined;
  /** What was wrong when it was read last, so that it is said once. */
  #failure: string | undefined;
  #isStopped = false;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.name = `file:${options.path}`;
  }

  /** Rejects when the file cannot be read, or is broken. */
  async start(onNodes: (nodes: readonly ListedNode[]) => void): Promise<void> {
    this.#nodes = await this.#read();
    if (this.#isStopped) return;
    this.#onNodes = onNodes;
    onNodes(this.#nodes);
    this.#watch();
    this.#lookIn(LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watcher?.close();
    this.#timer?.cancel();
    await this.#reading;
  }

  #watch(): void {
    const { path, log } = this.#options;
    const file = basename(path);
    const fail = (error: unknown) => log.warn({ path, err: error }, "the list of nodes cannot be watched");
    try {
      this.#watcher = watch(dirname(path), (_, name) => {
        if (name === null || name === file) this.#lookIn(QUIET_MS);
      });
      this.#watcher.on("error", fail);
    } catch (error) {
      fail(error);
    }
  }

  #lookIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#reading = (this.#reading ?? Promise.resolve()).then(() => this.#look());
    });
  }

  async #look(): Promise<void> {
    const { path, log } = this.#options;
    try {
      const nodes = await this.#read();
      if (this.#isStopped) return;
      if (this.#failure !== undefined) log.info({ path }, "the list of nodes can be read again");
      this.#failure = undefined;
      if (!isSameList(nodes, this.#nodes)) {
        this.#nodes = nodes;
        this.#onNodes(nodes);
      }
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== this.#failure) {
        log.error({ path, reason: failure }, "the list of nodes cannot be read: it stays as it was");
      }
      this.#failure = failure;
    }
    // Unless it has changed again meanwhile.
    if (!this.#timer) this.#lookIn(LOOK_MS);
  }

  async #read(): Promise<readonly ListedNode[]> {
    await using file = await open(this.#options.path);
    const { size } = await file.stat();
    if (size > FILE_BYTES_MAX) throw new Error(`the file has more than ${FILE_BYTES_MAX} bytes`);
    return parseNodeFile(await file.readFile("utf8"));
  }
}
