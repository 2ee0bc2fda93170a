/** Those who want to hear of something, each told once a time. */
export class Listeners {
  // An object for each, so that a function that listens twice hears it twice, and may stop once.
  readonly #entries = new Set<{ readonly listener: () => void }>();

  get count(): number {
    return this.#entries.size;
  }

  /** Ends with what it returns. */
  add(listener: () => void): () => void {
    const entry = { listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  tell(): void {
    for (const { listener } of [...this.#entries]) listener();
  }

  clear(): void {
    this.#entries.clear();
  }
}
