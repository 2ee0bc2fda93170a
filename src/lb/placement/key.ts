import { sipHash } from "./siphash.ts";

/** The key of Fn's balancer: the same function has the same hash here and there. */
const HASH_KEY = [0n, 0x4c617279426f6174n] as const;

/**
 * What a request is placed by: its path without the query, percent-decoded, so that every spelling of one
 * path is one function. Method, host and header fields play no part.
 *
 * Escapes that are none stay as they stand, and bytes that are no UTF-8 become U+FFFD: the key decides where a
 * request goes, and never whether it does.
 */
export function functionKey(path: string): string {
  if (PLAIN.test(path)) return path;
  // One character a byte, as node:http hands out the request line.
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** The place of a key on the ring of all hashes: SipHash-2-4 of its UTF-8 bytes. */
export function hashOfKey(key: string): bigint {
  return sipHash(encoder.encode(key), ...HASH_KEY);
}

const PLAIN = /^[!-$&-~]*$/;
const encoder = new TextEncoder();
