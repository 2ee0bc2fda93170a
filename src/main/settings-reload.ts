import type { Logger } from "pino";
import type { Flags, Program, Values } from "./flags.ts";
import { SettingsError } from "./settings.ts";

interface SettingsReloadOptions<F extends Flags> {
  readonly program: Program<F>;
  /** Those the program has started with. */
  readonly values: Values<F>;
  /** Reads them anew; throws `SettingsError`. */
  readonly read: () => Values<F>;
  /**
   * Puts them into effect; `changed` names those that differ. Called also when none does: files that settings name,
   * such as certificates, may have changed behind their names.
   */
  readonly apply: (values: Values<F>, changed: readonly string[]) => void | Promise<void>;
  readonly log: Logger;
}

/**
 * Settings that are read again while the program runs. What cannot change without a restart stays as it was, and is
 * told each time; when anything is wrong, everything stays as it was.
 */
export class SettingsReload<F extends Flags> {
  readonly #options: SettingsReloadOptions<F>;
  #values: Values<F>;
  #last: Promise<void> = Promise.resolve();

  constructor(options: SettingsReloadOptions<F>) {
    this.#options = options;
    this.#values = options.values;
  }

  /** One at a time, in the order of the calls. Never rejects. */
  reload(): Promise<void> {
    this.#last = this.#last.then(() => this.#reload());
    return this.#last;
  }

  async #reload(): Promise<void> {
    const { program, read, apply, log } = this.#options;
    try {
      const next = read();
      const differing = Object.keys(program.flags).filter((name) => !isSame(next[name], this.#values[name]));
      const [changed, needRestart] = divide(differing, (name) => program.flags[name]?.isLive === true);
      const staying = Object.fromEntries(needRestart.map((name) => [name, this.#values[name]]));
      const values = { ...next, ...staying };
      await apply(values, changed);
      this.#values = values;
      log.info({ changed }, "settings reloaded");
      if (needRestart.length > 0) log.warn({ settings: needRestart }, "changed settings need a restart");
    } catch (error) {
      const problems = error instanceof SettingsError ? error.problems : [messageOf(error)];
      log.error({ problems }, "settings not reloaded; those of before go on");
    }
  }
}

function divide<T>(items: readonly T[], isFirst: (item: T) => boolean): [first: T[], second: T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** Values are texts, numbers, switches, and lists and records of such. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
