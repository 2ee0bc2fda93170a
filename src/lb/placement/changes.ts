/** Entries of one report: reports stay small, and what is left over comes with the next. */
const REPORT_ENTRIES_MAX = 1000;

/** Changes that nobody asks for are kept up to so many, a few for each function; later ones are told with their next. */
const CHANGES_MAX = 300_000;

/** What changed since it was last asked for. Costs nothing before that: most balancers are one process. */
export class Changes<Item> {
  readonly #items = new Set<Item>();
  #isWanted = false;

  add(item: Item): void {
    if (this.#isWanted && this.#items.size < CHANGES_MAX) this.#items.add(item);
  }

  /** Those that changed first, as many as a report holds. */
  take(): Item[] {
    this.#isWanted = true;
    const taken: Item[] = [];
    for (const item of this.#items) {
      if (taken.length === REPORT_ENTRIES_MAX) break;
      taken.push(item);
      this.#items.delete(item);
    }
    return taken;
  }
}
