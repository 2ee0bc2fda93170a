import type Docker from "dockerode";
import { orAborted } from "../../clock/or-aborted.ts";
import { readImage } from "../common/folder-image.ts";
import type { ImageInfo } from "../driver.ts";
import type { ContainerSource } from "./create-options.ts";
import { folderSource, isFolder } from "./folder.ts";
import type { ImageStore } from "./image.ts";
import { ensureNodeImage } from "./node-image.ts";
import { pullError } from "./pull-error.ts";

export interface SourcesOptions {
  readonly functionsRoot: string;
  readonly nodePath: string;
  readonly kitPath?: string;
  readonly nodeRepository: string;
}

/** What containers are made from: images as they are, and folders on an image of the node's own Node. */
export class Sources {
  readonly #engine: Docker;
  readonly #images: ImageStore;
  readonly #options: SourcesOptions;
  #nodeImage: Promise<string> | undefined;

  constructor(engine: Docker, images: ImageStore, options: SourcesOptions) {
    this.#engine = engine;
    this.#images = images;
    this.#options = options;
  }

  /** Makes the image with Node, before a folder needs it. Errors: as `pullError`. */
  async warm(): Promise<void> {
    await this.#ensureNodeImage();
  }

  /** As a driver's `prepare`. */
  async prepare(image: string, signal: AbortSignal): Promise<ImageInfo> {
    if (!isFolder(image)) {
      await this.#images.ensure(image, signal);
      return {};
    }
    const { functionsRoot, kitPath } = this.#options;
    const { info } = await readImage(functionsRoot, image, kitPath);
    await orAborted(this.#ensureNodeImage(), signal);
    return info;
  }

  /** The source of an image, which the engine has by then. Errors: as `prepare`. */
  async of(image: string, signal: AbortSignal): Promise<ContainerSource> {
    if (!isFolder(image)) {
      await this.#images.ensure(image, signal);
      return { engineImage: image };
    }
    const { functionsRoot, kitPath } = this.#options;
    const folder = await readImage(functionsRoot, image, kitPath);
    return folderSource(functionsRoot, folder, await orAborted(this.#ensureNodeImage(), signal));
  }

  /** The engine has said that it does not have the image of this source, whatever was known. */
  forget({ engineImage }: ContainerSource): void {
    this.#images.forget(engineImage);
    this.#nodeImage = undefined;
  }

  #ensureNodeImage(): Promise<string> {
    if (!this.#nodeImage) {
      const { nodePath, nodeRepository } = this.#options;
      const image = ensureNodeImage(this.#engine, nodePath, nodeRepository).catch((cause) => {
        throw pullError(nodeRepository, cause);
      });
      this.#nodeImage = image;
      image.catch(() => {
        if (this.#nodeImage === image) this.#nodeImage = undefined;
      });
    }
    return this.#nodeImage;
  }
}
