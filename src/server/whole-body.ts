import type { IncomingBody } from "../http1/incoming-body.ts";
import { asRequestError } from "../http1/request-error.ts";
import { FnError } from "../model/errors.ts";
import type { UploadPlace } from "./upload-room.ts";

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

/** All of it; empty when there is none. Errors: as `limited`, and those of the place that it takes. */
export async function wholeBody(
  body: IncomingBody | undefined,
  bytesMax: number,
  place?: UploadPlace,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  if (!body) return Buffer.alloc(0);
  for await (const part of limited(body, bytesMax)) {
    place?.take(part.length);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
