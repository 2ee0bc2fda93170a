import { createHash, timingSafeEqual } from "node:crypto";
import type { HeaderField } from "../../http1/fields.ts";
import { FnError } from "../../model/errors.ts";
import { LOOPBACK, plainAddress, TrustedProxies } from "../forward/trusted-proxies.ts";

const THIS_MACHINE = new TrustedProxies(LOOPBACK);

/** Fields by which a proxy shows, so that being on this machine does not vouch for who asks. */
const PROXIED: ReadonlySet<string> = new Set([
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
]);

export interface AccessOptions {
  /** What callers must show. With it, everybody who does may manage, and nobody else. */
  readonly token: string | undefined;
  /**
   * Whoever reaches the listener may manage, when there is no token: it has an address of its own, which names a host.
   * Otherwise callers on this machine alone.
   */
  readonly isOpen: boolean;
}

/** Who may manage the balancer. */
export class Access {
  readonly #digest: Buffer | undefined;
  readonly #isOpen: boolean;

  constructor({ token, isOpen }: AccessOptions) {
    this.#digest = token === undefined ? undefined : digestOf(token);
    this.#isOpen = isOpen;
  }

  /** Whether a page must bring a token along with what it asks for. */
  get needsToken(): boolean {
    return this.#digest !== undefined;
  }

  /** `peer` is the address at the other end. Throws `management_unauthorized` and `management_forbidden`. */
  check(fields: readonly HeaderField[], peer: string): void {
    if (this.#digest !== undefined) {
      if (!hasToken(fields, this.#digest)) throw new FnError("management_unauthorized");
      return;
    }
    // A browser lets any page ask an address on its own machine, but it says so.
    const isOfOtherSite = onlyValue(fields, "sec-fetch-site") === "cross-site";
    if (isOfOtherSite || !(this.#isOpen || isOnThisMachine(fields, peer))) {
      throw new FnError("management_forbidden");
    }
  }
}

function isOnThisMachine(fields: readonly HeaderField[], peer: string): boolean {
  return THIS_MACHINE.has(plainAddress(peer)) && !fields.some(([name]) => PROXIED.has(name.toLowerCase()));
}

/** RFC 6750 section 2.1. Digests have one length and are compared in one time, so the answer's time tells nothing. */
function hasToken(fields: readonly HeaderField[], digest: Buffer): boolean {
  const [, token] = /^bearer +(\S+)$/i.exec(onlyValue(fields, "authorization") ?? "") ?? [];
  return token !== undefined && timingSafeEqual(digestOf(token), digest);
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** The value of a field that is there once; with a second one, nobody can tell which is meant. */
function onlyValue(fields: readonly HeaderField[], name: string): string | undefined {
  const values = fields.filter(([field]) => field.toLowerCase() === name);
  return values.length === 1 ? values[0]?.[1] : undefined;
}
