import type Docker from "dockerode";
import { FnError } from "../../model/errors.ts";
import { ensureAnchorImage } from "./anchor-image.ts";
import { ensureAnchorNetwork } from "./anchor-network.ts";
import { isUnreachable, reasonOf, statusOf } from "./engine.ts";
import type { Remover } from "./remover.ts";
import type { Backoff } from "./retry.ts";

/** Tells anchors from the containers of functions. */
export const ANCHOR_LABEL = { name: "hotfn.role", value: "anchor" } as const;

const MIB = 1024 * 1024;
/** The program needs one page; what starts it, inside the same limits, some megabytes and a dozen threads. */
const MEMORY_MIB = 16;
const PIDS_MAX = 16;

/** For engines that may not make networks: rootless ones, and those without iptables. */
const ADVICE =
  "Let functions have no network, or the engine's own: -docker-network none, or bridge (FN_DOCKER_NETWORKS).";

export interface AnchorTools {
  readonly remover: Remover;
  readonly backoff: Backoff;
  /** That each anchor carries, as the containers of functions do. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Makes and removes anchors: containers that do nothing but hold a network, which containers of functions join. */
export class Anchors {
  readonly #engine: Docker;
  readonly #remover: Remover;
  readonly #backoff: Backoff;
  readonly #labels: Readonly<Record<string, string>>;
  /** What an anchor is made from: looked up once, and again when the engine does not have it any more. */
  #parts: Promise<AnchorParts> | undefined;

  constructor(engine: Docker, { remover, backoff, labels }: AnchorTools) {
    this.#engine = engine;
    this.#remover = remover;
    this.#backoff = backoff;
    this.#labels = { ...labels, [ANCHOR_LABEL.name]: ANCHOR_LABEL.value };
  }

  /** The id of a new anchor, which runs. Errors: `container_start_failed`. */
  async make(): Promise<string> {
    try {
      return await this.#make();
    } catch (cause) {
      throw anchorFailed(cause);
    }
  }

  /** Never rejects. */
  remove(id: string): Promise<void> {
    return this.#remover.remove(id);
  }

  async #make(): Promise<string> {
    const isFresh = this.#parts === undefined;
    try {
      return await this.#start(await this.#ensureParts());
    } catch (error) {
      if (isFresh || statusOf(error) !== 404) throw error;
    }
    // Somebody has removed the image or the network since they were last seen.
    this.#parts = undefined;
    return await this.#start(await this.#ensureParts());
  }

  async #start(parts: AnchorParts): Promise<string> {
    const container = await this.#engine.createContainer(anchorOptions(parts, this.#labels));
    try {
      await container.start();
      return container.id;
    } catch (error) {
      void this.remove(container.id);
      throw error;
    }
  }

  #ensureParts(): Promise<AnchorParts> {
    if (!this.#parts) {
      const parts = Promise.all([
        ensureAnchorImage(this.#engine),
        ensureAnchorNetwork(this.#engine, this.#backoff),
      ]).then(([image, network]) => ({ image, network }));
      this.#parts = parts;
      parts.catch(() => {
        if (this.#parts === parts) this.#parts = undefined;
      });
    }
    return this.#parts;
  }
}

export interface AnchorParts {
  readonly image: string;
  /** Its id. */
  readonly network: string;
}

/** The engine's request for an anchor, which may do as little as possible. */
export function anchorOptions(
  { image, network }: AnchorParts,
  labels: Readonly<Record<string, string>>,
): Docker.ContainerCreateOptions {
  return {
    Image: image,
    User: "1000:1000",
    Labels: { ...labels },
    // It is its own first process, and the kernel keeps every other signal from that. An engine that shuts down would
    // wait ten seconds for it.
    StopSignal: "SIGKILL",
    HostConfig: {
      NetworkMode: network,
      IpcMode: "none",
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Memory: MEMORY_MIB * MIB,
      MemorySwap: MEMORY_MIB * MIB,
      PidsLimit: PIDS_MAX,
      LogConfig: { Type: "none", Config: {} },
    },
  };
}

function anchorFailed(cause: unknown): FnError {
  const reason = reasonOf(cause);
  const hint = isUnreachable(cause) ? reason : `the network of an app cannot be made: ${reason}. ${ADVICE}`;
  return new FnError("container_start_failed", {}, { hint, cause });
}
