/** What a container holds as long as it exists. */
export interface Holding {
  readonly memoryMib: number;
  /** Thousandths of a cpu; 0 for a container without a share of its own. */
  readonly cpusMilli: number;
}

/** What is missing. */
export interface Shortage extends Holding {
  /** Memory that containers have beyond what there still is; part of `memoryMib` when somebody waits for some. */
  readonly excessMib: number;
}

/**
 * Whom to evict so that at least `shortage` comes free: of `idle`, least recently used first, those that hold something
 * of what is missing, and no more than needed. Nobody when all of them together would not be enough: then their going
 * would help no one.
 */
export function chooseVictims<T extends Holding>(idle: Iterable<T>, shortage: Holding): T[] {
  const victims: T[] = [];
  let { memoryMib, cpusMilli } = shortage;
  for (const container of idle) {
    if (memoryMib <= 0 && cpusMilli <= 0) break;
    const isOfUse = (memoryMib > 0 && container.memoryMib > 0) || (cpusMilli > 0 && container.cpusMilli > 0);
    if (!isOfUse) continue;
    victims.push(container);
    memoryMib -= container.memoryMib;
    cpusMilli -= container.cpusMilli;
  }
  return memoryMib <= 0 && cpusMilli <= 0 ? victims : [];
}

/** Makes room for functions that wait for memory or cpu by removing idle containers of others. */
export class Evictor<T extends Holding> {
  /** In the order in which they became idle, with what removes them. */
  readonly #idle = new Map<T, () => Promise<void>>();
  readonly #shortage: () => Shortage;
  readonly #leaving = new Set<T>();
  #idleMemoryMib = 0;
  #idleCpusMilli = 0;

  /** `shortage` tells what those who wait for memory or cpu miss. */
  constructor(shortage: () => Shortage) {
    this.#shortage = shortage;
  }

  /** What all idle containers hold together. */
  get idle(): Holding {
    return { memoryMib: this.#idleMemoryMib, cpusMilli: this.#idleCpusMilli };
  }

  /** A container has become idle; `evict` ends it, resolving when what it held is free. */
  add(container: T, evict: () => Promise<void>): void {
    this.#idle.set(container, evict);
    this.#idleMemoryMib += container.memoryMib;
    this.#idleCpusMilli += container.cpusMilli;
    this.relieve();
  }

  /** It is idle no more. */
  remove(container: T): void {
    if (!this.#idle.delete(container)) return;
    this.#idleMemoryMib -= container.memoryMib;
    this.#idleCpusMilli -= container.cpusMilli;
  }

  /** Looks whether something is missing, and evicts what is needed besides what is leaving already. */
  relieve(): void {
    const missing = { ...this.#shortage() };
    for (const { memoryMib, cpusMilli } of this.#leaving) {
      missing.memoryMib -= memoryMib;
      missing.excessMib -= memoryMib;
      missing.cpusMilli -= cpusMilli;
    }
    if (missing.memoryMib > 0 || missing.cpusMilli > 0) {
      for (const victim of chooseVictims(this.#idle.keys(), missing)) {
        missing.excessMib -= victim.memoryMib;
        this.#evict(victim);
      }
    }
    this.#shed(missing.excessMib);
  }

  /** What the machine has no more is given back as far as possible, also when that is not all of it. */
  #shed(excessMib: number): void {
    let leftMib = excessMib;
    for (const victim of this.#idle.keys()) {
      if (leftMib <= 0) return;
      leftMib -= victim.memoryMib;
      this.#evict(victim);
    }
  }

  #evict(victim: T): void {
    const evict = this.#idle.get(victim);
    this.remove(victim);
    this.#leaving.add(victim);
    void evict?.().finally(() => {
      this.#leaving.delete(victim);
      this.relieve();
    });
  }
}
