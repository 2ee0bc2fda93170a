import { type FunctionFolder, readImage } from "../common/folder-image.ts";

/** The folders that are images. Errors of both: `image_not_found`, `image_invalid`. */
export class Images {
  readonly #functionsRoot: string;
  readonly #kitPath: string | undefined;
  readonly #reading = new Map<string, Promise<FunctionFolder>>();
  /** One for each folder that was ever asked for. */
  readonly #found = new Map<string, FunctionFolder>();

  constructor(functionsRoot: string, kitPath?: string) {
    this.#functionsRoot = functionsRoot;
    this.#kitPath = kitPath;
  }

  /** Reads what is there now. Many who ask at once, for a container each, share one answer. */
  read(image: string): Promise<FunctionFolder> {
    const reading = this.#reading.get(image) ?? this.#read(image);
    this.#reading.set(image, reading);
    return reading;
  }

  /** What was read last: whoever makes a container has asked a moment before. */
  async find(image: string): Promise<FunctionFolder> {
    return this.#found.get(image) ?? (await this.read(image));
  }

  async #read(image: string): Promise<FunctionFolder> {
    this.#found.delete(image);
    try {
      const folder = await readImage(this.#functionsRoot, image, this.#kitPath);
      this.#found.set(image, folder);
      return folder;
    } finally {
      this.#reading.delete(image);
    }
  }
}
