import assert from "node:assert/strict";
import type { HeaderField } from "../fields.ts";
import { Http1Error, type Http1ErrorKind } from "../http1-error.ts";
import { type RequestHead, RequestReader } from "../request-reader.ts";

export interface ReadRequest {
  readonly head: RequestHead;
  /** As `headBytes` gives it back. */
  readonly headText: string;
  body: string;
  trailers: readonly HeaderField[];
  isWhole: boolean;
}

/** All requests that come in these pieces, until they end or one is refused. */
export function readPieces(pieces: readonly Buffer[]) {
  const requests: ReadRequest[] = [];
  const reader = new RequestReader((part) => {
    const request = requests.at(-1);
    if (request) request.body += part.toString("latin1");
    return true;
  });
  let refused: Http1ErrorKind | undefined;
  try {
    for (const piece of pieces) push(piece);
  } catch (error) {
    assert.ok(error instanceof Http1Error, String(error));
    refused = error.kind;
  }
  // After an error the reader is of no more use, and what it says of itself means nothing.
  return { requests, refused, isBetween: refused === undefined && reader.isBetween };

  function push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const request = requests.at(-1);
      if (request && !request.isWhole) {
        at = reader.pushBody(bytes, at);
      } else {
        at = reader.pushHead(bytes, at);
        const head = reader.takeHead();
        if (!head) continue;
        const headText = reader.headBytes.toString("latin1");
        requests.push({ head, headText, body: "", trailers: [], isWhole: false });
      }
      const current = requests.at(-1);
      if (!current || !reader.isBodyDone) continue;
      current.isWhole = true;
      current.trailers = reader.trailers;
      reader.start();
    }
  }
}

/** The requests of a text with a character per byte, none of which is refused. */
export function readRequests(text: string) {
  const { requests, refused } = readPieces([Buffer.from(text, "latin1")]);
  assert.equal(refused, undefined);
  return requests;
}

/** The head of the one request that begins the text. */
export function headOf(text: string): RequestHead {
  const [request] = readRequests(text);
  assert.ok(request);
  return request.head;
}

export function refuses(text: string, kind: Http1ErrorKind): void {
  assert.equal(readPieces([Buffer.from(text, "latin1")]).refused, kind);
}
