import { delimiter, dirname, join, resolve } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../clock/clock.ts";
import { FnError } from "../../model/errors.ts";
import { openWorkDir, SOCKET_NAME, type WorkDir } from "../common/work-dir.ts";
import type { Container, ContainerSpec, Driver, ImageInfo } from "../driver.ts";
import { ProcessContainer } from "./container.ts";
import { Images } from "./images.ts";
import { SPARES_MAX, Spares } from "./spares.ts";

export interface ProcessDriverOptions {
  /** Folders in here, and nothing else, can be functions. */
  readonly functionsRoot: string;
  /**
   * For sockets and the like; made if missing. Several servers may share it, as long as they see each other's
   * processes: what a dead one left in it is ended and removed.
   */
  readonly workDir: string;
  /** The `node` that functions find first. */
  readonly nodePath: string;
  /** The module that `fn-kit` stands for in an entrypoint. */
  readonly kitPath?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Logged at every start, so that nobody takes this driver for a sandbox. */
export const NO_SANDBOX_WARNING =
  "The process driver is no sandbox: it runs functions as the server's own user, without memory or cpu limits.";

const SYSTEM_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];

/**
 * Runs functions without a container runtime: an image is a folder, `dir:PATH`, and a container is a child process in
 * it, with the contract a container has. What it cannot give is isolation; see `NO_SANDBOX_WARNING`. The limits on
 * memory that an unprivileged process may set count the addresses a program reserves, and Node reserves far more
 * than it uses, so none is set.
 *
 * Throws when `workDir` cannot be used, for instance because its path leaves no room for a unix socket's name.
 */
export async function createProcessDriver(options: ProcessDriverOptions): Promise<Driver> {
  const workDir = await openWorkDir(options.workDir, options.log);
  options.log.warn(NO_SANDBOX_WARNING);
  return new ProcessDriver(options, workDir);
}

class ProcessDriver implements Driver {
  readonly name = "process";
  readonly #options: ProcessDriverOptions;
  readonly #workDir: WorkDir;
  readonly #images: Images;
  readonly #spares: Spares;
  readonly #containers = new Set<ProcessContainer>();
  #closing: Promise<void> | undefined;

  constructor(options: ProcessDriverOptions, workDir: WorkDir) {
    this.#options = options;
    this.#workDir = workDir;
    this.#images = new Images(options.functionsRoot, options.kitPath);
    this.#spares = new Spares(options.clock, SPARES_MAX);
    process.once("exit", this.#killAll);
  }

  async prepare(image: string, signal: AbortSignal): Promise<ImageInfo> {
    signal.throwIfAborted();
    const { info } = await this.#images.read(image);
    signal.throwIfAborted();
    return info;
  }

  async create(spec: ContainerSpec, signal: AbortSignal): Promise<Container> {
    signal.throwIfAborted();
    const { path, command } = await this.#images.find(spec.image);
    signal.throwIfAborted();
    if (this.#closing) throw new FnError("server_stopping");

    // No waiting from here on, so that `close` cannot miss the container.
    const dir = this.#makeContainerDir();
    const socketPath = spec.channel === "socket" ? join(dir, SOCKET_NAME) : undefined;
    const { nodePath } = this.#options;
    const env = environment(spec, { nodePath, dir, socketPath, cacheDir: this.#workDir.cacheDir });
    const parts = { id: spec.id, command, folder: path, env, socketPath };
    const onRemove = () => {
      this.#containers.delete(container);
      return this.#workDir.removeContainerDir(dir);
    };
    const host = { spares: this.#spares, log: this.#options.log, onRemove };
    const container = new ProcessContainer(parts, host);
    this.#containers.add(container);
    return container;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([
      this.#spares.close(),
      ...[...this.#containers].map((container) => container.remove()),
    ]);
    await this.#workDir.close();
    process.off("exit", this.#killAll);
  }

  /** A server that ends without closing its driver, in a hurry or by a mistake of its own, still ends its functions. */
  readonly #killAll = (): void => {
    for (const container of this.#containers) container.kill();
  };

  #makeContainerDir(): string {
    try {
      return this.#workDir.makeContainerDir();
    } catch (cause) {
      throw new FnError("container_start_failed", {}, { cause, hint: "the work folder cannot be written" });
    }
  }
}

/** Nothing of the server's own environment. As in a container, a PATH of the function's config replaces the usual. */
function environment(
  spec: ContainerSpec,
  place: {
    readonly nodePath: string;
    readonly dir: string;
    readonly cacheDir: string;
    readonly socketPath: string | undefined;
  },
): NodeJS.ProcessEnv {
  return {
    // Node hands this one down from its own environment, unless it is named.
    NODE_V8_COVERAGE: undefined,
    // A function in TypeScript that keeps its compiled code here starts in half the time.
    NODE_COMPILE_CACHE: place.cacheDir,
    PATH: [dirname(resolve(place.nodePath)), ...SYSTEM_PATH].join(delimiter),
    ...spec.env,
    HOME: place.dir,
    HOSTNAME: spec.hostname,
    ...(place.socketPath === undefined ? {} : { FN_LISTENER: `unix:${place.socketPath}` }),
  };
}
