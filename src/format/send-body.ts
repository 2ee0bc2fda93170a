import { HeldBytes } from "../http1/held-bytes.ts";
import { encodeChunk, LAST_CHUNK } from "../http1/request-writer.ts";
import type { RequestPipe } from "./active-call.ts";
import type { CallInput } from "./format.ts";

type Body = NonNullable<CallInput["body"]>;

/** Sends a body of known length as it is. */
export async function sendPlain(body: Body, bodyBytes: number, pipe: RequestPipe): Promise<void> {
  let leftBytes = bodyBytes;
  for await (const part of body) {
    leftBytes -= part.length;
    if (leftBytes < 0) throw new Error("a request body is longer than its Content-Length");
    const wait = pipe.write(part);
    // The function may answer as soon as it has the last byte, before the body says that it was the last.
    if (leftBytes === 0) pipe.complete();
    if (wait) await wait;
    if (!pipe.isOpen) return;
  }
  if (leftBytes > 0) throw new Error("a request body is shorter than its Content-Length");
}

/** Sends a body in chunks. With a known length the last chunk leaves with the last byte. */
export async function sendChunked(
  body: Body,
  bodyBytes: number | undefined,
  pipe: RequestPipe,
): Promise<void> {
  let leftBytes = bodyBytes ?? Number.POSITIVE_INFINITY;
  for await (const part of body) {
    if (part.length === 0) continue;
    leftBytes -= part.length;
    if (leftBytes < 0) throw new Error("a request body is longer than its Content-Length");
    const chunk = encodeChunk(part);
    const wait = pipe.write(leftBytes === 0 ? Buffer.concat([chunk, LAST_CHUNK]) : chunk);
    if (leftBytes === 0) pipe.complete();
    if (wait) await wait;
    if (!pipe.isOpen) return;
  }
  if (leftBytes === 0) return;
  if (bodyBytes) throw new Error("a request body is shorter than its Content-Length");
  pipe.write(LAST_CHUNK);
  pipe.complete();
}

/** Sends a body as it is, whatever its length, and ends the input behind it. */
export async function sendToEnd(body: Body, pipe: RequestPipe): Promise<void> {
  for await (const part of body) {
    const wait = pipe.write(part);
    if (wait) await wait;
    if (!pipe.isOpen) return;
  }
  pipe.end();
  pipe.complete();
}

/**
 * The text of a whole body, for a format that has to hold it; bytes that are not UTF-8 become U+FFFD.
 * Throws `tooLarge(bytes)` when it is larger than `bytesMax`, at once if the length was told.
 */
export async function collectText(
  { body, bodyBytes = 0 }: CallInput,
  bytesMax: number,
  tooLarge: (bytes: number) => Error,
): Promise<string> {
  if (bodyBytes > bytesMax) throw tooLarge(bodyBytes);
  const held = new HeldBytes();
  for await (const part of body ?? []) {
    const bytes = held.length + part.length;
    if (bytes > bytesMax) throw tooLarge(bytes);
    held.append(part);
  }
  return held.toString("utf8");
}
