import { FnError } from "../model/errors.ts";

/** For bodies that are held in memory until they are stored, in bytes: a quarter of a GiB, whoever sends them. */
export const UPLOAD_ROOM_BYTES = 256 * 1024 * 1024;

/** Memory for bodies on their way into the store, shared by all who send one. */
export class UploadRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = UPLOAD_ROOM_BYTES) {
    this.#bytesMax = bytesMax;
  }

  /** Room for one body, which grows as that comes. */
  enter(): UploadPlace {
    let bytes = 0;
    return {
      take: (more) => {
        if (this.#bytes + more > this.#bytesMax) throw new FnError("server_busy", {}, { retryAfterS: 1 });
        this.#bytes += more;
        bytes += more;
      },
      leave: () => {
        this.#bytes -= bytes;
        bytes = 0;
      },
    };
  }
}

export interface UploadPlace {
  /** Errors: `server_busy`. */
  take(bytes: number): void;
  /** May be called twice. */
  leave(): void;
}
