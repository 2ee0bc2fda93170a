import type { Writable } from "node:stream";

/** Text as calls write it, of one call as it is, of several with the call before each line. */
export class LogPrinter {
  readonly #stdout: Writable;
  readonly #isPrefixed: boolean;
  /** The call whose line has no end yet. */
  #openCallId: string | undefined;

  constructor(stdout: Writable, { isPrefixed }: { readonly isPrefixed: boolean }) {
    this.#stdout = stdout;
    this.#isPrefixed = isPrefixed;
  }

  /** `path` is that of the route, or the name of the function. */
  print({ call_id: callId, path, text }: { call_id: string; path: string; text: string }): void {
    if (text === "") return;
    if (!this.#isPrefixed) {
      this.#stdout.write(text);
      return;
    }
    if (this.#openCallId !== undefined && this.#openCallId !== callId) this.end(this.#openCallId);
    const prefix = `${path} ${callId} | `;
    const begin = this.#openCallId === undefined ? prefix : "";
    this.#stdout.write(begin + text.replace(/\n(?=.)/gs, `\n${prefix}`));
    this.#openCallId = text.endsWith("\n") ? undefined : callId;
  }

  /** The call writes nothing more: a line that it left without an end gets one. */
  end(callId: string): void {
    if (this.#openCallId !== callId) return;
    this.#stdout.write("\n");
    this.#openCallId = undefined;
  }
}
