import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { systemClock } from "../src/clock/clock.ts";
import * as docker from "../src/driver/docker/engine.ts";
import { tarOf } from "../src/driver/docker/tar.ts";
import { connectWhenReady } from "../src/format/function-socket.ts";
import type { Programs } from "./programs.ts";

/** As the `docker` command finds its engine, so that all sides of a comparison use the same one. */
export const DOCKER_HOST = process.env.DOCKER_HOST || docker.DEFAULT_DOCKER_HOST;

/** What every container of a run carries, those of its nodes too: by it they are found and removed. */
const LABEL = "hotfn.instance";

/** A container that does not listen by then never will. */
const LISTEN_WAIT_MS = 20_000;

/** Some seconds: a start that is under way ends by then. */
const REMOVAL_TRIES_MAX = 100;
const REMOVAL_RETRY_MS = 100;

export function isEngineThere(): Promise<boolean> {
  return docker.isEngineThere({ dockerHost: DOCKER_HOST });
}

/** How a container is made, besides what it runs. */
export interface ContainerSettings {
  /** What the function is told to be, and with `http-stream` where to listen. */
  readonly format: "http-stream" | "http" | "default";
  /** `shared` is that of a container that is there already: no other starts as fast. The engine's default unless told. */
  readonly network?: "shared" | "none";
  /** Whether the engine keeps what it writes; its default unless told. */
  readonly logs?: "none";
  readonly memoryMib?: number;
}

/** Nothing that slows a container down. */
export const BARE = { network: "shared", logs: "none" } as const;

/** A container with a function that listens. */
export interface ListeningContainer {
  readonly container: Docker.Container;
  readonly socketPath: string;
}

/** A Docker engine without a node before it. All that is made in it goes when the programs are closed. */
export class Engine {
  readonly api = docker.connectEngine(DOCKER_HOST);
  /** FROM scratch, with one program. */
  readonly image: string;
  readonly #programs: Programs;
  readonly #creating = new Set<Promise<Docker.Container>>();
  #networkMode: Promise<string> | undefined;
  #isClosed = false;

  private constructor(programs: Programs) {
    this.#programs = programs;
    this.image = `hotfn-bench/echo:${programs.name}`;
  }

  /** Makes an image of a static program. Throws with what to do when no engine answers. */
  static async open(programs: Programs, program: string): Promise<Engine> {
    if (!(await isEngineThere())) {
      throw new Error(`no Docker engine answers at ${DOCKER_HOST}. Start one, or name it with DOCKER_HOST`);
    }
    const engine = new Engine(programs);
    programs.onClose(() => engine.#close());
    const [repo, tag] = engine.image.split(":");
    const archive = tarOf([{ name: "echo", path: program }]);
    const settings = { repo, tag, changes: 'ENTRYPOINT ["/echo"]' };
    await docker.readProgress(await engine.api.importImage(archive, settings));
    return engine;
  }

  /** The label that containers carry, for the `docker` command. */
  get label(): string {
    return `${LABEL}=${this.#programs.name}`;
  }

  /** Makes a container of the image, with nothing that was not asked for. */
  async create(
    { format, network, logs, memoryMib }: ContainerSettings,
    socketDir?: string,
  ): Promise<Docker.Container> {
    const networkMode = network === "shared" ? await this.#sharedNetwork() : network;
    // No waiting from here on, so that `close` cannot miss the container.
    if (this.#isClosed) throw new Error("the benchmark has ended");
    const hasStdin = format === "http";
    const creation = this.api.createContainer({
      Image: this.image,
      Cmd: [format],
      Env: socketDir === undefined ? [] : ["FN_LISTENER=unix:/socket/lsnr.sock"],
      Labels: { [LABEL]: this.#programs.name },
      OpenStdin: hasStdin,
      AttachStdin: hasStdin,
      HostConfig: {
        ...(networkMode ? { NetworkMode: networkMode } : {}),
        ...(logs ? { LogConfig: { Type: logs, Config: {} } } : {}),
        ...(memoryMib ? { Memory: memoryMib * 1024 * 1024 } : {}),
        ...(socketDir === undefined ? {} : { Binds: [`${socketDir}:/socket`] }),
      },
    });
    this.#creating.add(creation);
    creation.catch(() => {}).finally(() => this.#creating.delete(creation));
    return await creation;
  }

  /** Makes a bare container with format `http-stream`, and starts it until it listens. */
  async startListening(settings: Pick<ContainerSettings, "memoryMib"> = {}): Promise<ListeningContainer> {
    const socketDir = mkdtempSync(join(this.#programs.dir, "c-"));
    const socketPath = join(socketDir, "lsnr.sock");
    const container = await this.create({ ...BARE, ...settings, format: "http-stream" }, socketDir);
    await container.start();
    const signal = AbortSignal.timeout(LISTEN_WAIT_MS);
    const socket = await connectWhenReady(socketPath, systemClock, signal);
    socket.destroy();
    return { container, socketPath };
  }

  /** Watches the containers of the image that are made and removed from now on; `stop` gives the most at once. */
  async watchContainers(): Promise<{ stop(): number }> {
    const filters = { event: ["create", "destroy"], label: [this.label] };
    const events = await this.api.getEvents({ filters });
    let now = 0;
    let most = 0;
    createInterface(events).on("line", (line) => {
      const { status, from } = JSON.parse(line);
      if (from === this.image) now += status === "create" ? 1 : -1;
      most = Math.max(most, now);
    });
    return {
      stop() {
        if (events instanceof Readable) events.destroy();
        return most;
      },
    };
  }

  #sharedNetwork(): Promise<string> {
    this.#networkMode ??= this.#startHolder();
    return this.#networkMode;
  }

  /** A container that waits for requests which never come: others have its network meanwhile, which leads nowhere. */
  async #startHolder(): Promise<string> {
    const holder = await this.create({ format: "http", network: "none" });
    await holder.start();
    return `container:${holder.id}`;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#creating);
    await removeContainers(this.#programs);
    await unlessGone(this.api.getImage(this.image).remove({ force: true }));
  }
}

/** Removes the containers of a run, also those of a node that was killed. */
export async function removeContainers({ name }: Programs): Promise<void> {
  const api = docker.connectEngine(DOCKER_HOST);
  const containers = await api.listContainers({ all: true, filters: { label: [`${LABEL}=${name}`] } });
  await Promise.all(containers.map(({ Id }) => removeWholly(api.getContainer(Id))));
}

/** Resolves when it is gone: one that is about to start, or that somebody else removes, takes some tries. */
async function removeWholly(container: Docker.Container): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await container.remove({ force: true });
      return;
    } catch (error) {
      const status = docker.statusOf(error);
      if (status === 404) return;
      if (status !== 409 || tries === REMOVAL_TRIES_MAX) throw error;
    }
    await sleep(REMOVAL_RETRY_MS);
  }
}

/** What was never made needs no removal. */
async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (docker.statusOf(error) !== 404) throw error;
  }
}
