/** What differs from run to run, as placeholders: ids, tokens, times, durations, ports and folders. */

import { projectRoot } from "../support/programs.ts";

/** Ids of the platform, and tokens. */
const NAMED = /\b(?:[0-9A-HJKMNP-TV-Z]{26}|fn_[\w-]{43})(?![\w-])/g;
const TIME = /\b(?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const HTTP_DATE = /\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b/g;
const LONG = /x{100,}/g;

/** Fields whose values are of their time. */
const VALUES: Readonly<Record<string, string>> = {
  "xxx-fxlb-wait": "{wait}",
  "fn-node": "{node}",
  "server-timing": "{timing}",
};

/** Of one run: which name has which value. */
export class Placeholders {
  readonly #host: string;
  readonly #values = new Map<string, string>();

  /** `host`: that of the node. */
  constructor(host: string) {
    this.#host = host;
  }

  /** What a request of a transcript says: names become their values, and `{7 x}` becomes `xxxxxxx`. */
  fill(text: string): string {
    return text
      .replace(/\{(\d+) x\}/g, (_, count) => "x".repeat(Number(count)))
      .replace(/\{([a-z][\w-]*)\}/g, (whole, name) =>
        name === "host" ? this.#host : (this.#values.get(name) ?? whole),
      );
  }

  /** Names what the texts of an answer hold that has no name yet, in its order. */
  name(texts: readonly string[], names: readonly string[]): void {
    const known = new Set(this.#values.values());
    const found = new Set(texts.flatMap((text) => text.match(NAMED) ?? []));
    const fresh = [...found].filter((value) => !known.has(value));
    names.forEach((name, i) => {
      this.#values.set(name, fresh[i] ?? `no ${name} in the answer`);
    });
  }

  /** What a transcript says of a text. */
  hide(text: string): string {
    const names = new Map([...this.#values].map(([name, value]) => [value, name]));
    return text
      .replaceAll(this.#host, "{host}")
      .replace(NAMED, (value) => `{${names.get(value) ?? (value.startsWith("fn_") ? "token" : "id")}}`)
      .replace(TIME, "{time}")
      .replace(HTTP_DATE, "{time}")
      .replaceAll(projectRoot.replace(/\/$/, ""), "{project}")
      .replace(/"timeline":\{[^}]*\}/g, '"timeline":{timeline}')
      .replace(LONG, (all) => `{${all.length} x}`);
  }

  hideField(name: string, value: string): string {
    return VALUES[name.toLowerCase()] ?? this.hide(value);
  }
}
