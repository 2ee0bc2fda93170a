import { Transform, type TransformCallback } from "node:stream";

/** Stream number, three zero bytes, and the length as a big-endian uint32. Source: "Attach", Docker Engine API. */
const HEADER_BYTES = 8;

const STREAM_NUMBER_MAX = 2;

/** Takes the frames off what a container writes: an engine wraps each piece of it in one. */
export class Unframe extends Transform {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** Of the frame's payload. */
  #bytesLeft = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0;
    while (at < chunk.length) {
      const wanted = this.#bytesLeft || HEADER_BYTES - this.#headerBytes;
      const part = chunk.subarray(at, at + wanted);
      at += part.length;
      if (this.#bytesLeft > 0) {
        this.#bytesLeft -= part.length;
        this.push(part);
      } else if (!this.#readHeader(part)) {
        done(new Error("the engine's stream has no frames"));
        return;
      }
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    const isWhole = this.#headerBytes === 0 && this.#bytesLeft === 0;
    done(isWhole ? null : new Error("the engine's stream broke off"));
  }

  /** False when this is no header. */
  #readHeader(part: Buffer): boolean {
    part.copy(this.#header, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes < HEADER_BYTES) return true;
    this.#headerBytes = 0;
    this.#bytesLeft = this.#header.readUInt32BE(4);
    const [stream = 0, ...zeros] = this.#header.subarray(0, 4);
    return stream <= STREAM_NUMBER_MAX && zeros.every((byte) => byte === 0);
  }
}
