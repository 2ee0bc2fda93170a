import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { formatGoDuration, parseGoDuration } from "../clock/go-duration.ts";
import { helpText } from "./help-text.ts";
import { readSettings, SettingsError, wantsHelp } from "./settings.ts";

/** One setting of a program. */
export interface Flag<T> {
  /** What it means, with its unit. */
  readonly help: string;
  readonly initial: T;
  /** The environment variable of the same meaning; the flag wins over it. */
  readonly env?: string;
  /** Turns the text into the value; throws with a sentence that says what is accepted. Absent for switches. */
  readonly parse?: (text: string) => T;
  /** What stands in the help for the value: `seconds`, `host:port`. */
  readonly placeholder?: string;
  /** The initial value as one would type it, where its own text would not show it so. */
  readonly shown?: string;
  /** A change in the configuration file takes effect when that is read again, without a restart. */
  readonly isLive?: boolean;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type Values<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** What a program can be told. */
export interface Program<F extends Flags> {
  readonly name: string;
  readonly summary: string;
  readonly flags: F;
  /** With it, each flag without a variable of its own has one: `FN_LB_` makes `-hc-path` `FN_LB_HC_PATH`. */
  readonly envPrefix?: string;
  /** What is well said by itself and makes no sense together. */
  contradictions?(values: Values<F>): readonly Contradiction[];
}

export interface Contradiction {
  /** The flags that it is about. */
  readonly between: readonly string[];
  /** A sentence behind a colon. */
  readonly problem: string;
}

/** Exit code for a wrong use of a program; anything that fails later is 1. */
export const EXIT_USAGE = 2;

/**
 * Reads Go-style flags: `-nodes a,b`, `-nodes=a,b`, `--nodes a,b` and `--nodes=a,b` are the same; with the environment
 * and, where there is a flag `config`, the file that it names. Prints the help, or a sentence for everything that is wrong,
 * and ends the process (0 and 2).
 */
export function parseFlags<F extends Flags>(
  program: Program<F>,
  argv: readonly string[] = process.argv.slice(2),
): Values<F> {
  const readFile = (path: string) => readFileSync(path, "utf8");
  return orEnd(program, argv, () => readSettings(program, { argv, env: process.env, readFile }));
}

/** What `read` gives; ends the process as `parseFlags` does when the help is wanted or something is wrong. */
export function orEnd<T>(program: Program<Flags>, argv: readonly string[], read: () => T): T {
  if (wantsHelp(program.flags, argv)) {
    process.stdout.write(helpText(program));
    process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const lines = error.problems.map((problem) => `${program.name}: ${problem}\n`);
    process.stderr.write(`${lines.join("")}See ${program.name} -help.\n`);
    process.exit(EXIT_USAGE);
  }
}

/** A text, taken as it is. */
export function text(help: string, initial: string, more: Partial<Flag<string>> = {}): Flag<string> {
  return { help, initial, parse: (value) => value, placeholder: "text", ...more };
}

/** A whole number from `min` to `max`. */
export function integer(
  help: string,
  initial: number,
  range: { readonly min: number; readonly max: number },
  more: Partial<Flag<number>> = {},
): Flag<number> {
  const parse = (value: string): number => {
    const number = Number(value);
    if (/^-?\d+$/.test(value) && number >= range.min && number <= range.max) return number;
    throw new InvalidArgumentError(`Give a whole number from ${range.min} to ${range.max}.`);
  };
  return { help, initial, parse, placeholder: "number", ...more };
}

/** A span of time, in milliseconds: `3` is three seconds, and `500ms` or `1m30s` is what Go would read. */
export function duration(
  help: string,
  initialMs: number,
  range: { readonly minMs: number; readonly maxMs: number },
  more: Partial<Flag<number>> = {},
): Flag<number> {
  const parse = (value: string): number => {
    const ms = /^\d+$/.test(value) ? Number(value) * 1000 : (parseGoDuration(value) ?? Number.NaN) / 1e6;
    if (ms >= range.minMs && ms <= range.maxMs) return ms;
    const [min, max] = [range.minMs, range.maxMs].map(shownMs);
    throw new InvalidArgumentError(`Give seconds, or a duration such as 500ms, from ${min} to ${max}.`);
  };
  return { help, initial: initialMs, parse, placeholder: "duration", shown: shownMs(initialMs), ...more };
}

/** On or off: `-v`, `-v=true`, `-v=false`. */
export function toggle(help: string, more: Partial<Flag<boolean>> = {}): Flag<boolean> {
  return { help, initial: false, ...more };
}

/** One of several words. */
export function choice<T extends string>(
  help: string,
  initial: T,
  words: readonly T[],
  more: Partial<Flag<T>> = {},
): Flag<T> {
  const parse = (value: string): T => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Give one of ${words.join(", ")}.`);
  };
  return { help, initial, parse, placeholder: words.join("|"), ...more };
}

/** `host:port`, `:port` (all interfaces) or `[v6]:port`. */
export interface Address {
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  readonly port: number;
}

/** Reads `host:port`; undefined when it is not one. */
export function parseAddress(text: string): Address | undefined {
  const [, v6, host, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:/?#@\s[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65535) return undefined;
  return { host: (v6 ?? host) || undefined, port: Number(port) };
}

/** The other way: `host:port`, `[v6]:port`, and `:port` for all interfaces. */
export function formatAddress({ host = "", port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address to listen on. */
export function address(help: string, initial: string, more: Partial<Flag<Address>> = {}): Flag<Address> {
  const parse = (value: string): Address => {
    const parsed = parseAddress(value);
    if (parsed) return parsed;
    throw new InvalidArgumentError("Give host:port, or :port for all interfaces.");
  };
  return { help, initial: parse(initial), parse, placeholder: "host:port", shown: initial, ...more };
}

/** Several `host:port`, by comma; each must be one that `isName` takes. */
export function addresses(
  help: string,
  initial: readonly string[],
  isName: (name: string) => boolean = (name) => parseAddress(name)?.host !== undefined,
  more: Partial<Flag<readonly string[]>> = {},
): Flag<readonly string[]> {
  const parse = (value: string): readonly string[] => {
    const names = value.split(",").filter((name) => name !== "");
    const wrong = names.find((name) => !isName(name));
    if (wrong === undefined) return names;
    throw new InvalidArgumentError(`'${wrong}' is not host:port. Give host:port, several by comma.`);
  };
  return { help, initial, parse, placeholder: "host:port,...", shown: initial.join(","), ...more };
}

function shownMs(ms: number): string {
  return formatGoDuration(ms * 1e6);
}
