import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";

/** A file of this machine, and what it is called in the archive. */
export interface TarFile {
  readonly name: string;
  readonly path: string;
}

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const MODE = 0o755;

/**
 * An archive of plain files, executable by everyone, as an engine imports it as an image. Source: "ustar Interchange
 * Format", POSIX.1-2017, pax. Throws when a name is longer than 100 bytes.
 */
export function tarOf(files: readonly TarFile[]): Readable {
  return Readable.from(blocksOf(files), { objectMode: false });
}

async function* blocksOf(files: readonly TarFile[]): AsyncGenerator<Buffer> {
  for (const { name, path } of files) {
    const { size } = await stat(path);
    yield headerOf(name, size);
    yield* createReadStream(path, { end: size - 1 });
    yield Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function headerOf(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw new Error(`the name '${name}' is too long for a tar archive`);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0);
  header.write(octal(MODE, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  // The checksum is that of a header with eight spaces in its place.
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 7)} `, 148);
  return header;
}

/** Filled up with zeros, and ended by a zero byte, to `width` bytes. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}
