import type { Socket } from "node:net";

/**
 * What came of a write: the system has it all, or keeps a rest of it, or this was not possible and nothing was written.
 */
export type StraightWrite = "taken" | "behind" | "impossible";

/** What Node keeps below a socket, as far as this uses it. */
interface Handle {
  /** 0 when the system has taken it all, a number below that for an error, an object when there is a rest to be written. */
  writeLatin1String?: (request: null, text: string) => unknown;
}

/** Whether this Node writes as this file does; undefined until it was seen to. */
let isKnown: boolean | undefined;

/**
 * Writes text, a character per byte, to a plain socket without Node's stream in between, which takes as long as all else that
 * is done for a small answer. Only where nothing waits in that stream. Node has no documented way for it: this does what Node
 * does itself, once it was seen doing so in a write of its own.
 */
export function writeStraight(socket: Socket, text: string): StraightWrite {
  const handle = handleOf(socket);
  if (!handle?.writeLatin1String || socket.writableLength > 0 || socket.writableEnded) return "impossible";
  if (isKnown === undefined) watch(handle);
  if (!isKnown) return "impossible";
  const written = handle.writeLatin1String(null, text);
  if (written === 0) return "taken";
  // An error comes again in Node's own write, and is reported as every other.
  return typeof written === "number" ? "impossible" : "behind";
}

/** Looks on when Node writes the next text on this socket. */
function watch(handle: Handle): void {
  const write = handle.writeLatin1String;
  handle.writeLatin1String = function (this: Handle, request, text) {
    delete this.writeLatin1String;
    const written = write?.call(this, request, text);
    if (request !== null) isKnown = false;
    else if (written === 0) isKnown = true;
    return written;
  };
}

/** Undefined for one that is closed, and for one that encrypts. */
function handleOf(socket: Socket): Handle | undefined {
  if ("encrypted" in socket) return undefined;
  // What Node keeps of a socket is in no type.
  return (socket as unknown as { readonly _handle: Handle | null })._handle ?? undefined;
}
