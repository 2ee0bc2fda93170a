import type { Socket } from "node:net";

/** Gets what one read has brought: so many bytes, the first of this memory. They are gone when it returns. True goes on. */
export type TakeRead = (count: number, memory: Buffer) => boolean;

/** As much as Node reads at once on other sockets. */
export const READ_BYTES = 64 * 1024;

/**
 * All connections read into the same memory: nothing lives in it longer than the call that brings it, and a buffer for each
 * read costs as much as all the rest of it.
 */
export const SHARED_MEMORY = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * Has all that comes on an accepted socket read into one shared memory, which saves a buffer for each read: a sixth of what a
 * balancer does for a small request. Sockets that are opened can be told so when they are made (`onread`); for those that are
 * accepted Node has no documented way, so this sets what that option sets. False, and nothing is changed, where this Node is not
 * made so.
 */
export function readIntoShared(socket: Socket, take: TakeRead): boolean {
  // What Node keeps of a socket is in no type.
  const inner = socket as unknown as Record<PropertyKey, unknown>;
  const handle = inner._handle as { useUserBuffer?: (memory: Buffer) => void } | null | undefined;
  const symbols = Object.getOwnPropertySymbols(inner);
  const memory = symbols.find(({ description }) => description === "kBuffer");
  const callback = symbols.find(({ description }) => description === "kBufferCb");
  if (!memory || !callback || typeof handle?.useUserBuffer !== "function") return false;
  handle.useUserBuffer(SHARED_MEMORY);
  inner[memory] = SHARED_MEMORY;
  inner[callback] = take;
  return true;
}
