import { chmodSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Logger } from "pino";
import { FnError } from "../../model/errors.ts";
import { SOCKET_NAME, type WorkDir } from "../common/work-dir.ts";
import type { ContainerSpec } from "../driver.ts";
import type { NetworkShare } from "./app-networks.ts";
import { type ContainerSource, createOptions, type Hardening } from "./create-options.ts";
import { mayHaveActed, reasonOf, statusOf } from "./engine.ts";
import { pullError } from "./pull-error.ts";
import type { Remover } from "./remover.ts";

/** What all containers of a driver share. */
export interface ContainerHome {
  readonly engine: Docker;
  readonly workDir: WorkDir;
  readonly remover: Remover;
  readonly hardening: Hardening;
  /** What every container carries. */
  readonly labels: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** A share in the network for a container of this app. */
  share(appId: string): Promise<NetworkShare>;
}

/** Makes a container in the engine, with all it needs there. Errors: as a driver's `create`. */
export async function createInEngine(
  spec: ContainerSpec,
  source: ContainerSource,
  home: ContainerHome,
): Promise<EngineContainer> {
  const container = new EngineContainer(spec, source, home);
  try {
    await container.create();
    return container;
  } catch (error) {
    await container.letGo();
    throw error;
  }
}

/** A container as its engine has it, and what it holds besides: a directory for its socket, and a share in a network. */
class EngineContainer {
  /** As this process sees it; undefined when the function talks through its standard streams. */
  readonly socketPath: string | undefined;
  readonly #spec: ContainerSpec;
  readonly #source: ContainerSource;
  readonly #home: ContainerHome;
  readonly #socketDir: string | undefined;
  #share: NetworkShare | undefined;
  #recreation: Promise<void> | undefined;
  #isRemoved = false;

  constructor(spec: ContainerSpec, source: ContainerSource, home: ContainerHome) {
    this.#spec = spec;
    this.#source = source;
    this.#home = home;
    this.#socketDir = spec.channel === "socket" ? makeSocketDir(home.workDir) : undefined;
    this.socketPath = this.#socketDir === undefined ? undefined : join(this.#socketDir, SOCKET_NAME);
  }

  async create(): Promise<void> {
    try {
      await this.#create();
    } catch (cause) {
      if (!(await this.recreate(cause))) throw createFailed(this.#spec.image, cause);
    }
  }

  /** As the container's part of that name (see container.ts): what is gone is the anchor of the app's network. */
  async recreate(cause: unknown): Promise<boolean> {
    if (this.#isRemoved || !this.#share || !tellsOfAnchor(cause, this.#share)) return false;
    this.#share.lose();
    this.#recreation = this.#recreate();
    await this.#recreation;
    return !this.#isRemoved;
  }

  /** Removes it and all that it holds. Never rejects. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.#recreation?.catch(() => {});
    await this.#home.remover.remove(this.#spec.id);
    await this.letGo();
  }

  /** Removes what it holds besides the container itself, which is not there or not any more. Never rejects. */
  async letGo(): Promise<void> {
    this.#share?.release();
    await this.#removeSocketDir();
  }

  async #recreate(): Promise<void> {
    await this.#home.remover.remove(this.#spec.id);
    this.#share?.release();
    try {
      await this.#create();
    } catch (cause) {
      throw createFailed(this.#spec.image, cause);
    }
  }

  async #create(): Promise<void> {
    const { engine, remover, hardening, labels, share } = this.#home;
    const { appId, image } = this.#spec;
    this.#share = await share(appId);
    const place = {
      labels: { ...labels, "hotfn.app": appId, "hotfn.image": image },
      networkMode: this.#share.mode,
      socketDir: this.#socketDir,
    };
    try {
      await engine.createContainer(createOptions(this.#spec, this.#source, hardening, place));
    } catch (error) {
      // Nobody waits for that: an engine that broke off may be gone for long.
      if (mayHaveActed(error)) void remover.remove(this.#spec.id);
      throw error;
    }
  }

  async #removeSocketDir(): Promise<void> {
    const { workDir, log } = this.#home;
    const dir = this.#socketDir;
    if (dir === undefined) return;
    try {
      await workDir.removeContainerDir(dir);
    } catch (error) {
      log.warn({ error, dir }, "cannot remove the directory of a container");
    }
  }
}

export type { EngineContainer };

/** A network or a volume that is missing has the same status. */
export function isImageMissing(error: unknown): boolean {
  return statusOf(error) === 404 && /no such image/i.test(reasonOf(error));
}

/**
 * An engine names the container that it cannot join the network of: it does not run, or does not exist. Where it has not
 * noticed yet that the anchor is dead, the kernel tells it, by the path of the network.
 */
function tellsOfAnchor(error: unknown, { anchorId }: NetworkShare): boolean {
  if (anchorId === undefined || statusOf(error) === undefined) return false;
  const reason = reasonOf(error);
  return reason.includes(anchorId) || /\/proc\/\d+\/ns\/net\b/.test(reason);
}

function createFailed(image: string, cause: unknown): FnError {
  if (cause instanceof FnError) return cause;
  return isImageMissing(cause) ? pullError(image, cause) : startFailed(reasonOf(cause), cause);
}

function makeSocketDir(workDir: WorkDir): string {
  try {
    const dir = workDir.makeContainerDir();
    // The function runs as another user. Nobody else gets here: the folder above is the server's alone.
    chmodSync(dir, 0o777);
    return dir;
  } catch (cause) {
    throw startFailed("the work folder cannot be written", cause);
  }
}

function startFailed(hint: string, cause: unknown): FnError {
  return new FnError("container_start_failed", {}, { hint, cause });
}
