import { createHash, timingSafeEqual } from "node:crypto";
import { isFromOtherSite, isFromThisMachine, isNamedLocally, onlyValue } from "../../http1/caller.ts";
import type { HeaderField } from "../../http1/fields.ts";
import { FnError } from "../../model/errors.ts";

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
    const isOnThisMachine = isFromThisMachine(fields, peer) && isNamedLocally(fields);
    if (isFromOtherSite(fields) || !(this.#isOpen || isOnThisMachine)) {
      throw new FnError("management_forbidden");
    }
  }
}

/** RFC 6750 section 2.1. Digests have one length and are compared in one time, so the answer's time tells nothing. */
function hasToken(fields: readonly HeaderField[], digest: Buffer): boolean {
  const [, token] = /^bearer +(\S+)$/i.exec(onlyValue(fields, "authorization") ?? "") ?? [];
  return token !== undefined && timingSafeEqual(digestOf(token), digest);
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
