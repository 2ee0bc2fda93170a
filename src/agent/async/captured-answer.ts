import { STATUS_CODES } from "node:http";
import type { HeaderField } from "../../format/format.ts";
import type { FormatName } from "../../model/fn.ts";
import { toJson } from "../../model/json.ts";
import type { StoredAnswer } from "../../model/queued-call.ts";
import type { CallSink } from "../execution.ts";

/** Takes an answer that nobody waits for, up to a limit; what goes over it is counted and dropped. */
export class CapturedAnswer implements CallSink {
  readonly #bodyBytesMax: number;
  readonly #onStarted: () => void;
  #hasStarted = false;
  #head: { readonly status: number; readonly headers: readonly HeaderField[] } | undefined;
  readonly #parts: Uint8Array[] = [];
  #bodyBytes = 0;

  /** `onStarted` is told when a container has the call. */
  constructor(bodyBytesMax: number, onStarted: () => void) {
    this.#bodyBytesMax = bodyBytesMax;
    this.#onStarted = onStarted;
  }

  /** Whether a container has had the call. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  started(): void {
    this.#hasStarted = true;
    this.#onStarted();
  }

  head(status: number, headers: readonly HeaderField[]): void {
    this.#head = { status, headers };
  }

  write(part: Uint8Array): void {
    const room = this.#bodyBytesMax - this.#bodyBytes;
    // A part is a window on a read buffer, which it would keep alive: copy it.
    if (room > 0) this.#parts.push(Uint8Array.prototype.slice.call(part, 0, room));
    this.#bodyBytes += part.length;
  }

  /** The answer; a function that ended well and said nothing has answered 200 with nothing. */
  stored(): StoredAnswer {
    const { status, headers } = this.#head ?? { status: 200, headers: [] };
    return { status, headers, body: Buffer.concat(this.#parts), bodyBytes: this.#bodyBytes };
  }

  /**
   * What of it belongs into the call's log, as far as it came: what a function prints as its answer, nobody reads but there.
   * One that answers over a socket prints what it likes, and that is in the log already. Source: section 3.6 of the API
   * reference, which knows no sockets.
   */
  logBytes(format: FormatName): Uint8Array {
    if (!this.#head) return new Uint8Array();
    const answer = this.stored();
    switch (format) {
      case "default":
        return answer.body;
      case "json":
        return Buffer.from(jsonOf(answer));
      case "http-stream":
        return new Uint8Array();
      case "http":
        return Buffer.concat([Buffer.from(httpHeadOf(answer)), answer.body]);
    }
  }
}

function jsonOf({ status, headers, body }: StoredAnswer): string {
  const values = Map.groupBy(headers, ([name]) => name);
  const named = [...values].map(([name, fields]) => [name, fields.map(([, value]) => value)]);
  const protocol = { status_code: status, headers: Object.fromEntries(named) };
  return `${toJson({ body: Buffer.from(body).toString("utf8"), protocol })}\n`;
}

function httpHeadOf({ status, headers, bodyBytes }: StoredAnswer): string {
  const fields = [...headers, ["Content-Length", bodyBytes]].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${fields.join("")}\r\n`;
}
