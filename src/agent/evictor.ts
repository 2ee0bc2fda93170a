/** What the evictor needs to know of an idle container. */
export interface Evictable {
  readonly memoryMib: number;
}

/**
 * Whom to evict so that at least `shortageMib` come free: the first of `idle` that are needed, least recently used
 * first. Nobody when all of them together would not be enough: then their going would help no one.
 */
export function chooseVictims<T extends Evictable>(idle: Iterable<T>, shortageMib: number): T[] {
  const victims: T[] = [];
  let freedMib = 0;
  for (const container of idle) {
    if (freedMib >= shortageMib) break;
    victims.push(container);
    freedMib += container.memoryMib;
  }
  return freedMib >= shortageMib ? victims : [];
}

/** Makes room for functions that wait for memory by removing idle containers of others. */
export class Evictor<T extends Evictable> {
  /** In the order in which they became idle, with what removes them. */
  readonly #idle = new Map<T, () => Promise<void>>();
  readonly #shortageMib: () => number;
  #leavingMib = 0;

  constructor(shortageMib: () => number) {
    this.#shortageMib = shortageMib;
  }

  /** A container has become idle; `evict` ends it, resolving when its memory is free. */
  add(container: T, evict: () => Promise<void>): void {
    this.#idle.set(container, evict);
    this.relieve();
  }

  /** It is idle no more. */
  remove(container: T): void {
    this.#idle.delete(container);
  }

  /** Looks whether somebody waits for memory, and evicts what is needed besides what is leaving already. */
  relieve(): void {
    const shortageMib = this.#shortageMib() - this.#leavingMib;
    if (shortageMib <= 0) return;
    for (const victim of chooseVictims(this.#idle.keys(), shortageMib)) this.#evict(victim);
  }

  #evict(victim: T): void {
    const evict = this.#idle.get(victim);
    this.#idle.delete(victim);
    this.#leavingMib += victim.memoryMib;
    void evict?.().finally(() => {
      this.#leavingMib -= victim.memoryMib;
      this.relieve();
    });
  }
}
