import { type Clock, sleep } from "../clock/clock.ts";

/** What is kept of the stderr of one call; the rest is read, counted and dropped, so that no function is held up. */
export const LOG_BYTES_MAX = 1_048_576;

/**
 * A function may answer while the end of its stderr is still on its way. The log is taken as whole when nothing has
 * come for `QUIET_MS`, and after `SETTLE_MS_MAX` whatever comes.
 */
const QUIET_MS = 20;
const SETTLE_MS_MAX = 1000;

/** Collects what one call writes to its log. */
export class CallLog {
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  /** All that was written, the dropped part included. */
  get bytes(): number {
    return this.#bytes;
  }

  append(part: Uint8Array): void {
    const room = LOG_BYTES_MAX - this.#bytes;
    // A small part is a window on a much larger read buffer, which it would keep alive: copy it.
    if (room > 0) this.#parts.push(Uint8Array.prototype.slice.call(part, 0, room));
    this.#bytes += part.length;
  }

  /** The first `LOG_BYTES_MAX` bytes of what was written. */
  keptBytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** The log as text, with Fn's closing line when something was dropped. */
  text(): string {
    if (this.#bytes === 0) return "";
    const text = this.keptBytes().toString("utf8");
    if (this.#bytes <= LOG_BYTES_MAX) return text;
    return `${text}\n-----max log size ${LOG_BYTES_MAX} bytes exceeded, truncating log-----\n`;
  }
}

/** Resolves when a log can be taken as whole; at once when nothing was written. */
export async function settled(log: CallLog, clock: Clock): Promise<void> {
  let bytes = 0;
  for (let waitedMs = 0; log.bytes > bytes && waitedMs < SETTLE_MS_MAX; waitedMs += QUIET_MS) {
    bytes = log.bytes;
    await sleep(clock, QUIET_MS);
  }
}
