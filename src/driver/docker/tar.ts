import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";

/** A file of this machine, one that is only in memory, or a folder, and what it is called in the archive. */
export type TarFile = { readonly name: string } & (
  | { readonly path: string }
  | { readonly bytes: Buffer }
  | { readonly folderMode: number }
);

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
  for (const file of files) {
    if ("folderMode" in file) {
      yield headerOf(file.name, 0, file.folderMode, "5");
      continue;
    }
    const size = "bytes" in file ? file.bytes.length : (await stat(file.path)).size;
    yield headerOf(file.name, size);
    if ("bytes" in file) yield file.bytes;
    else yield* createReadStream(file.path, { end: size - 1 });
    yield Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function headerOf(name: string, size: number, mode = MODE, type: "0" | "5" = "0"): Buffer {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw new Error(`the name '${name}' is too long for a tar archive`);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  // The checksum is that of a header with eight spaces in its place.
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 7)} `, 148);
  return header;
}

/** Filled up with zeros, and ended by a zero byte, to `width` bytes. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}
