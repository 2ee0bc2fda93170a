import type Docker from "dockerode";
import type { Logger } from "pino";
import { type Clock, within } from "../../clock/clock.ts";
import { orAborted } from "../../clock/or-aborted.ts";
import type { Random } from "../../clock/random.ts";
import { FnError } from "../../model/errors.ts";
import { openWorkDir, type WorkDir } from "../common/work-dir.ts";
import type { Container, ContainerSpec, Driver, ImageInfo } from "../driver.ts";
import { Anchors } from "./anchor.ts";
import { AppNetworks, engineNetwork } from "./app-networks.ts";
import { DockerContainer } from "./container.ts";
import { type ContainerSource, HARDENED, type Hardening } from "./create-options.ts";
import { parseCredentials } from "./credentials.ts";
import { connectEngine, DEFAULT_DOCKER_HOST } from "./engine.ts";
import type { OnEngineCall } from "./engine-calls.ts";
import { type ContainerHome, createInEngine, isImageMissing } from "./engine-container.ts";
import { ImageStore } from "./image.ts";
import { type Owner, removeOrphans, thisOwner } from "./orphans.ts";
import { Remover } from "./remover.ts";
import type { Backoff } from "./retry.ts";
import { SocketDirs } from "./socket-dirs.ts";
import { Sources } from "./sources.ts";

export { isEngineThere } from "./engine.ts";

export interface DockerDriverOptions {
  /** `unix:///PATH` or `tcp://HOST:PORT`, as in DOCKER_HOST; the engine of this machine, unless told. */
  readonly dockerHost?: string;
  /** Folders in here, and nothing else, can be functions of images `dir:PATH`. */
  readonly functionsRoot: string;
  /** For sockets; made if missing. An engine that is not this machine's must see it under the same name. */
  readonly workDir: string;
  /** The Node that functions in folders run with. */
  readonly nodePath: string;
  /** The module that `fn-kit` stands for in an entrypoint; its folder is shown to functions that use it. */
  readonly kitPath?: string;
  /** Where the image with that Node is kept; `hotfn/node`, unless told. */
  readonly nodeRepository?: string;
  /** The text of a Docker config file (config.json), for images of private registries. */
  readonly dockerConfig?: string;
  /** Tells the containers of this node from those of others, for people who list them. */
  readonly instance: string;
  /** What containers may do, where it differs from `HARDENED`. */
  readonly hardening?: Partial<Hardening>;
  /** Told of every call to the engine that is over, but for those that wait for a container's end. */
  readonly onEngineCall?: OnEngineCall;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Runs functions in containers of a Docker engine. An image is a Docker reference, or `dir:PATH` for a folder, which
 * runs on an image of the node's own Node.
 *
 * First it removes what dead servers left behind: their containers, and their sockets. What containers stand on (the
 * image with Node, the network of the next app) is made in the background meanwhile.
 *
 * Throws when `workDir` cannot be used, and when `dockerHost` is no address; an engine that does not answer is no
 * reason, since it may yet.
 */
export async function createDockerDriver(options: DockerDriverOptions): Promise<Driver> {
  const { dockerHost = DEFAULT_DOCKER_HOST, clock, random, log, onEngineCall } = options;
  const engine = connectEngine(dockerHost, onEngineCall ? { observer: { onEngineCall, clock } } : {});
  const workDir = await openWorkDir(options.workDir, log);
  const remover = new Remover(engine, { clock, random }, log);
  const owner = await thisOwner();
  if (owner) await removeOrphans(engine, owner, { clock, remover, log });
  const driver = new DockerDriver(options, { engine, workDir, remover, owner });
  driver.warm();
  return driver;
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
  readonly #backoff: Backoff;
  readonly #sources: Sources;
  /** Undefined when containers have a network of the engine's own, or none. */
  readonly #networks: AppNetworks | undefined;
  readonly #workDir: WorkDir;
  readonly #home: ContainerHome;
  readonly #containers = new Set<DockerContainer>();
  readonly #creations = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(options: DockerDriverOptions, { engine, workDir, remover, owner }: DriverParts) {
    const { clock, random, log, dockerConfig, nodeRepository = "hotfn/node" } = options;
    this.#backoff = { clock, random };
    const credentials = dockerConfig === undefined ? new Map() : parseCredentials(dockerConfig, log);
    const images = new ImageStore(engine, credentials, this.#backoff);
    this.#sources = new Sources(engine, images, { ...options, nodeRepository });

    const labels = { "hotfn.instance": options.instance, ...owner };
    const hardening = { ...HARDENED, ...options.hardening };
    const anchors = new Anchors(engine, { remover, backoff: this.#backoff, labels });
    const networks = hardening.network === "app" ? new AppNetworks(anchors, clock) : undefined;
    const share = async (appId: string) => networks?.share(appId) ?? engineNetwork(hardening.network);
    this.#networks = networks;
    const socketDirs = new SocketDirs({ engine, workDir, clock, log });
    this.#workDir = workDir;
    this.#home = { engine, socketDirs, remover, hardening, labels, log, share };
  }

  /** Begins to make what the first call would otherwise wait for. What fails here is met again by that call. */
  warm(): void {
    for (const warming of [this.#sources.warm(), this.#networks?.warm()]) {
      warming?.catch((error) => this.#home.log.debug({ error }, "cannot make ready for the first call"));
    }
  }

  async prepare(image: string, signal: AbortSignal): Promise<ImageInfo> {
    signal.throwIfAborted();
    return await this.#sources.prepare(image, signal);
  }

  async create(spec: ContainerSpec, signal: AbortSignal): Promise<Container> {
    signal.throwIfAborted();
    const source = await this.#sources.of(spec.image, signal);
    try {
      return await this.#createOf(spec, source, signal);
    } catch (error) {
      if (!(error instanceof FnError) || !isImageMissing(error.cause)) throw error;
    }
    // Somebody has removed the image since it was last seen.
    this.#sources.forget(source);
    return this.#createOf(spec, await this.#sources.of(spec.image, signal), signal);
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

  async #create(spec: ContainerSpec, source: ContainerSource): Promise<DockerContainer> {
    const { engine, log } = this.#home;
    const made = await createInEngine(spec, source, this.#home);
    const container: DockerContainer = new DockerContainer({
      id: spec.id,
      engine,
      socketPath: made.socketPath,
      backoff: this.#backoff,
      log,
      openSocketDir: () => made.openSocketDir(),
      recreate: (cause) => made.recreate(cause),
      remove: async () => {
        await made.remove();
        this.#containers.delete(container);
      },
    });
    this.#containers.add(container);
    return container;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock } = this.#backoff;
    await within(clock, CREATION_WAIT_MS, Promise.allSettled(this.#creations));
    await within(clock, REMOVAL_WAIT_MS, this.#removeAll());
    this.#home.remover.close();
    await this.#workDir.close();
  }

  /** The anchors last: an engine may not like to lose a network that is joined. */
  async #removeAll(): Promise<void> {
    await Promise.all([...this.#containers].map((container) => container.remove()));
    await this.#networks?.close();
  }
}
