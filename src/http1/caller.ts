import { isIP, isIPv4 } from "node:net";
import type { HeaderField } from "./fields.ts";

/** Fields by which a proxy shows, so that being on this machine does not vouch for who asks. */
const PROXIED: ReadonlySet<string> = new Set([
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
]);

/** `::ffff:1.2.3.4`, as a socket for both families calls it, is 1.2.3.4. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

/** Whether a machine speaks to itself by this address: RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
}

/** Whether a request comes from this machine, and from nobody else through a proxy on it. `peer`: the address at the other end. */
export function isFromThisMachine(fields: readonly HeaderField[], peer: string): boolean {
  return isLoopback(peer) && !fields.some(([name]) => PROXIED.has(name.toLowerCase()));
}

/**
 * Whether the caller went to this machine by an address, or by a name that nobody else can have pointed here. A page of any
 * site can lead a browser to a name of its own, and have that mean this machine (DNS rebinding): to the browser all is one
 * site then, and only the name tells.
 */
export function isNamedLocally(fields: readonly HeaderField[]): boolean {
  const host = (onlyValue(fields, "host") ?? "").replace(/:\d*$/, "").toLowerCase();
  const isAddress = isIPv4(host) || isIP(host.replace(/^\[(.*)\]$/, "$1")) === 6;
  return isAddress || !host.includes(".") || host.endsWith(".localhost");
}

/** Whether a page of another site has a browser ask, which browsers let any page do, but say so (Fetch Metadata). */
export function isFromOtherSite(fields: readonly HeaderField[]): boolean {
  return onlyValue(fields, "sec-fetch-site") === "cross-site";
}

/** The value of a field that is there once; with a second one, nobody can tell which is meant. The name is in lower case. */
export function onlyValue(fields: readonly HeaderField[], lowerName: string): string | undefined {
  const values = fields.filter(([name]) => name.toLowerCase() === lowerName);
  return values.length === 1 ? values[0]?.[1] : undefined;
}
