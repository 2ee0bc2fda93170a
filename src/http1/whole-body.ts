import { FnError } from "../model/errors.ts";
import { asRequestError } from "./request-error.ts";

/** A body as it comes. Errors: `body_too_large` once it turns out to be, and those of what is no request. */
export async function* limited(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const part of body) {
      bytes += part.length;
      if (bytes > bytesMax)
        throw new FnError("body_too_large", { length: `over ${bytesMax}`, max: bytesMax });
      yield part;
    }
  } catch (error) {
    throw asRequestError(error);
  }
}

/**
 * All of it; empty when there is none. `onPart` is told how many bytes each part has. Errors: as `limited`, and those of
 * `onPart`.
 */
export async function wholeBody(
  body: AsyncIterable<Uint8Array> | undefined,
  bytesMax: number,
  onPart?: (bytes: number) => void,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  if (!body) return Buffer.alloc(0);
  for await (const part of limited(body, bytesMax)) {
    onPart?.(part.length);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
