import type { Socket } from "node:net";

/** A read of Node brings at most 64 KiB; a head before it has room too. */
const SCRATCH_BYTES = 96 * 1024;

let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * Writes text, bytes and text in one piece; the bytes are the caller's again when this returns. They are copied into memory
 * that is used again and again, as long as the kernel takes all at once: a buffer for each piece would be more work for the
 * garbage collector than everything else. Returns what the socket does.
 */
export function writeBorrowed(socket: Socket, before: string, bytes: Uint8Array, after: string): boolean {
  const length = before.length + bytes.length + after.length;
  const isLong = length > SCRATCH_BYTES;
  const memory = isLong ? Buffer.allocUnsafeSlow(length) : scratch;
  if (before !== "") memory.write(before, 0, "latin1");
  memory.set(bytes, before.length);
  if (after !== "") memory.write(after, before.length + bytes.length, "latin1");
  const goesOn = socket.write(memory.subarray(0, length));
  // What was not taken yet is sent from this memory later.
  if (!isLong && socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  return goesOn;
}
