import { isHopByHop } from "../../http1/fields.ts";
import { FnError } from "../../model/errors.ts";
import { parseWait, WAIT_HEADER } from "./wait-header.ts";

/** Header fields as they came: name, value, name, value; order, case and duplicates kept. One character a byte. */
export type RawFields = readonly string[];

/** The fields in which a proxy tells where a request came from; believed only from a proxy on this machine. */
const FORWARDED: ReadonlySet<string> = new Set(["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);

/** Where a request came from and what it asks for. */
export interface Origin {
  /** The address at the other end of the connection. */
  readonly peer: string;
  /** The host of an absolute request target; it wins over the Host field (RFC 9112, section 3.2.2). */
  readonly host?: string | undefined;
}

/**
 * The fields of a request on its way to a node: without those of the client's connection, and with the
 * `X-Forwarded` three. `Expect` goes too, since it is answered here. Throws `request_malformed`.
 */
export function requestFields(raw: RawFields, origin: Origin): string[] {
  const hosts = origin.host === undefined ? valuesOf(raw, "host") : [origin.host];
  const [host = ""] = hosts;
  // Two would be read differently by different servers (RFC 9112, section 3.2).
  if (hosts.length > 1) throw new FnError("request_malformed", { reason: "more than one Host field" });

  const fields = without(raw, (name) => name === "host" || name === "expect" || FORWARDED.has(name));
  if (host !== "") fields.unshift("Host", host);

  const told = (name: string) => (isLoopback(origin.peer) ? valuesOf(raw, name) : []);
  fields.push("X-Forwarded-For", [...told("x-forwarded-for"), plainAddress(origin.peer)].join(", "));
  fields.push("X-Forwarded-Proto", told("x-forwarded-proto")[0] ?? "http");
  const forwardedHost = told("x-forwarded-host")[0] ?? host;
  if (forwardedHost !== "") fields.push("X-Forwarded-Host", forwardedHost);
  return fields;
}

/** The fields of an answer on its way to the client: without those of the node's connection, and the wait. */
export function answerFields(raw: RawFields): string[] {
  return without(raw, (name) => name === WAIT_HEADER);
}

/** The wait that an answer tells, in nanoseconds: its first value; undefined when there is none to be believed. */
export function waitOf(raw: RawFields): number | undefined {
  const [text] = valuesOf(raw, WAIT_HEADER);
  return text === undefined ? undefined : parseWait(Buffer.from(text, "latin1").toString("utf8"));
}

/** All values of a field, by its name in lower case. */
export function valuesOf(raw: RawFields, name: string): string[] {
  const values: string[] = [];
  for (const [field, value] of pairs(raw)) {
    if (field.toLowerCase() === name) values.push(value);
  }
  return values;
}

/** True for an address of this machine itself. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/** `::ffff:1.2.3.4`, as a socket for both families calls it, is 1.2.3.4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** The fields that go on, less those whose name in lower case is `dropped`. */
function without(raw: RawFields, dropped: (name: string) => boolean): string[] {
  const named = new Set(
    valuesOf(raw, "connection").flatMap((value) => value.split(",").map((name) => name.trim().toLowerCase())),
  );
  const kept: string[] = [];
  for (const [field, value] of pairs(raw)) {
    const name = field.toLowerCase();
    if (!isHopByHop(name) && !named.has(name) && !dropped(name)) kept.push(field, value);
  }
  return kept;
}

function* pairs(raw: RawFields): Generator<readonly [name: string, value: string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] ?? "", raw[i + 1] ?? ""];
}
