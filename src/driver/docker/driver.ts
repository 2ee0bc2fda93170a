import { chmodSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Logger } from "pino";
import { type Clock, within } from "../../clock/clock.ts";
import { orAborted } from "../../clock/or-aborted.ts";
import type { Random } from "../../clock/random.ts";
import { FnError } from "../../model/errors.ts";
import { readImage } from "../common/folder-image.ts";
import { openWorkDir, SOCKET_NAME, type WorkDir } from "../common/work-dir.ts";
import type { Container, ContainerSpec, Driver, ImageInfo } from "../driver.ts";
import { DockerContainer } from "./container.ts";
import { type ContainerSource, createOptions, HARDENED, type Hardening } from "./create-options.ts";
import { parseCredentials } from "./credentials.ts";
import { connectEngine, DEFAULT_DOCKER_HOST, reasonOf, statusOf } from "./engine.ts";
import { folderSource, isFolder } from "./folder.ts";
import { ImageStore } from "./image.ts";
import { ensureNodeImage } from "./node-image.ts";
import { type Owner, removeOrphans, thisOwner } from "./orphans.ts";
import { pullError } from "./pull-error.ts";
import { Remover } from "./remover.ts";
import type { Backoff } from "./retry.ts";

export { isEngineThere } from "./engine.ts";

export interface DockerDriverOptions {
  /** `unix:///PATH` or `tcp://HOST:PORT`, as in DOCKER_HOST; the engine of this machine, unless told. */
  readonly dockerHost?: string;
  /** Folders in here, and nothing else, can be functions of images `dir:PATH`. */
  readonly functionsRoot: string;
  /** For sockets; made if missing. The engine must see it under the same name. */
  readonly workDir: string;
  /** The Node that functions in folders run with. */
  readonly nodePath: string;
  /** Where the image with that Node is kept; `hotfn/node`, unless told. */
  readonly nodeRepository?: string;
  /** The text of a Docker config file (config.json), for images of private registries. */
  readonly dockerConfig?: string;
  /** Tells the containers of this node from those of others, for people who list them. */
  readonly instance: string;
  /** What containers may do, where it differs from `HARDENED`. */
  readonly hardening?: Partial<Hardening>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Runs functions in containers of a Docker engine. An image is a Docker reference, or `dir:PATH` for a folder, which
 * runs on an image of the node's own Node.
 *
 * First it removes what dead servers left behind: their containers, and their sockets.
 *
 * Throws when `workDir` cannot be used, and when `dockerHost` is no address; an engine that does not answer is no
 * reason, since it may yet.
 */
export async function createDockerDriver(options: DockerDriverOptions): Promise<Driver> {
  const { dockerHost = DEFAULT_DOCKER_HOST, clock, random, log } = options;
  const engine = connectEngine(dockerHost);
  const workDir = await openWorkDir(options.workDir, log);
  const remover = new Remover(engine, { clock, random }, log);
  const owner = await thisOwner();
  if (owner) await removeOrphans(engine, owner, { clock, remover, log });
  return new DockerDriver(options, { engine, workDir, remover, owner });
}

/** An engine makes a container in well under a second; closing does not wait for one that hangs. */
const CREATION_WAIT_MS = 10_000;

/** Enough for hundreds of containers. What an engine that hangs still has then, the next server removes. */
const REMOVAL_WAIT_MS = 60_000;

interface DriverParts {
  readonly engine: Docker;
  readonly workDir: WorkDir;
  readonly remover: Remover;
  readonly owner: Owner | undefined;
}

class DockerDriver implements Driver {
  readonly name = "docker";
  readonly #options: DockerDriverOptions;
  readonly #engine: Docker;
  readonly #workDir: WorkDir;
  readonly #backoff: Backoff;
  readonly #remover: Remover;
  readonly #images: ImageStore;
  /** What every container carries. */
  readonly #labels: Readonly<Record<string, string>>;
  readonly #containers = new Set<DockerContainer>();
  readonly #creations = new Set<Promise<unknown>>();
  #nodeImage: Promise<string> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DockerDriverOptions, { engine, workDir, remover, owner }: DriverParts) {
    this.#options = options;
    this.#engine = engine;
    this.#workDir = workDir;
    this.#remover = remover;
    this.#labels = { "hotfn.instance": options.instance, ...owner };
    this.#backoff = { clock: options.clock, random: options.random };
    const { dockerConfig, log } = options;
    const credentials = dockerConfig === undefined ? new Map() : parseCredentials(dockerConfig, log);
    this.#images = new ImageStore(engine, credentials, this.#backoff);
  }

  async prepare(image: string, signal: AbortSignal): Promise<ImageInfo> {
    signal.throwIfAborted();
    if (!isFolder(image)) {
      await this.#images.ensure(image, signal);
      return {};
    }
    const { info } = await readImage(this.#options.functionsRoot, image);
    await orAborted(this.#ensureNodeImage(), signal);
    return info;
  }

  async create(spec: ContainerSpec, signal: AbortSignal): Promise<Container> {
    signal.throwIfAborted();
    const source = await this.#sourceOf(spec.image, signal);
    try {
      return await this.#createOf(spec, source, signal);
    } catch (error) {
      if (!(error instanceof FnError) || !isImageMissing(error.cause)) throw error;
    }
    // Somebody has removed the image since it was last seen.
    this.#forget(source.engineImage);
    return this.#createOf(spec, await this.#sourceOf(spec.image, signal), signal);
  }

  async #createOf(spec: ContainerSpec, source: ContainerSource, signal: AbortSignal): Promise<Container> {
    signal.throwIfAborted();
    if (this.#closing) throw new FnError("server_stopping");
    // It goes on when the caller leaves, or the engine might make a container that nobody knows.
    const creation = this.#create(spec, source);
    this.#creations.add(creation);
    creation.catch(() => {}).finally(() => this.#creations.delete(creation));
    try {
      return await orAborted(creation, signal);
    } catch (error) {
      creation.then((container) => container.remove()).catch(() => {});
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await within(this.#backoff.clock, CREATION_WAIT_MS, Promise.allSettled(this.#creations));
    const removals = [...this.#containers].map((container) => container.remove());
    await within(this.#backoff.clock, REMOVAL_WAIT_MS, Promise.all(removals));
    await this.#workDir.close();
  }

  async #sourceOf(image: string, signal: AbortSignal): Promise<ContainerSource> {
    if (!isFolder(image)) {
      await this.#images.ensure(image, signal);
      return { engineImage: image };
    }
    const { functionsRoot } = this.#options;
    const folder = await readImage(functionsRoot, image);
    return folderSource(functionsRoot, folder, await orAborted(this.#ensureNodeImage(), signal));
  }

  async #create(spec: ContainerSpec, source: ContainerSource): Promise<DockerContainer> {
    const dir = spec.channel === "socket" ? this.#makeSocketDir() : undefined;
    try {
      await this.#createInEngine(spec, source, dir);
    } catch (error) {
      await this.#removeDir(dir);
      throw error;
    }
    const container: DockerContainer = new DockerContainer({
      id: spec.id,
      engine: this.#engine,
      socketPath: dir === undefined ? undefined : join(dir, SOCKET_NAME),
      backoff: this.#backoff,
      log: this.#options.log,
      remove: async () => {
        await this.#remover.remove(spec.id);
        await this.#removeDir(dir);
        this.#containers.delete(container);
      },
    });
    this.#containers.add(container);
    return container;
  }

  async #createInEngine(spec: ContainerSpec, source: ContainerSource, socketDir: string | undefined) {
    const labels = { ...this.#labels, "hotfn.image": spec.image };
    const hardening = { ...HARDENED, ...this.#options.hardening };
    try {
      await this.#engine.createContainer(createOptions(spec, source, hardening, { labels, socketDir }));
    } catch (cause) {
      throw isImageMissing(cause) ? pullError(spec.image, cause) : startFailed(reasonOf(cause), cause);
    }
  }

  #ensureNodeImage(): Promise<string> {
    const { nodePath, nodeRepository = "hotfn/node" } = this.#options;
    if (!this.#nodeImage) {
      this.#nodeImage = ensureNodeImage(this.#engine, nodePath, nodeRepository).catch((cause) => {
        throw pullError(nodeRepository, cause);
      });
      this.#nodeImage.catch(() => {
        this.#nodeImage = undefined;
      });
    }
    return this.#nodeImage;
  }

  #forget(engineImage: string): void {
    this.#images.forget(engineImage);
    this.#nodeImage = undefined;
  }

  #makeSocketDir(): string {
    try {
      const dir = this.#workDir.makeContainerDir();
      // The function runs as another user. Nobody else gets here: the folder above is the server's alone.
      chmodSync(dir, 0o777);
      return dir;
    } catch (cause) {
      throw startFailed("the work folder cannot be written", cause);
    }
  }

  async #removeDir(dir: string | undefined): Promise<void> {
    if (dir === undefined) return;
    try {
      await this.#workDir.removeContainerDir(dir);
    } catch (error) {
      this.#options.log.warn({ error, dir }, "cannot remove the directory of a container");
    }
  }
}

/** A network or a volume that is missing has the same status. */
function isImageMissing(error: unknown): boolean {
  return statusOf(error) === 404 && /no such image/i.test(reasonOf(error));
}

function startFailed(hint: string, cause: unknown): FnError {
  return new FnError("container_start_failed", {}, { hint, cause });
}
