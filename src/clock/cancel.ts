/** What those who wait need of an AbortSignal, and so: any AbortSignal, or the signal of a `Cancel`. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What ends something that others wait for: an AbortController, or a `Cancel`. */
export interface Canceller {
  readonly signal: CancelSignal;
  abort(reason: unknown): void;
}

/**
 * An AbortController without the events: every call has one, and hardly any is ever used. Making Node's, and listening
 * to it twice, takes as long as reading a request.
 */
export class Cancel implements Canceller, CancelSignal {
  #listeners: (() => void)[] | undefined;
  #aborted = false;
  #reason: unknown;

  get signal(): CancelSignal {
    return this;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** The first reason counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (this.#aborted) return;
    if (this.#listeners) this.#listeners.push(listener);
    else this.#listeners = [listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const index = this.#listeners?.lastIndexOf(listener) ?? -1;
    if (index >= 0) this.#listeners?.splice(index, 1);
  }
}

/** A signal of Node's own that is aborted with this one, for those who need that. */
export function abortSignalOf(signal: CancelSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort);
  return controller.signal;
}
