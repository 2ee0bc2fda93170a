import { Command, CommanderError, InvalidArgumentError, Option } from "commander";

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
}

type Values<F> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** Exit code for a wrong use of a program; anything that fails later is 1. */
export const EXIT_USAGE = 2;

/**
 * Reads Go-style flags: `-nodes a,b`, `-nodes=a,b`, `--nodes a,b` and `--nodes=a,b` are the same. Prints the help or
 * a sentence about what is wrong and ends the process (0 and 2).
 */
export function parseFlags<F extends Record<string, Flag<unknown>>>(
  program: { readonly name: string; readonly summary: string; readonly flags: F },
  argv: readonly string[] = process.argv.slice(2),
): Values<F> {
  const command = new Command(program.name)
    .description(program.summary)
    .allowExcessArguments(false)
    .helpOption("--help", "show this and end")
    .configureHelp({ showGlobalOptions: false })
    .exitOverride();
  for (const [name, flag] of Object.entries(program.flags)) command.addOption(toOption(name, flag));

  try {
    command.parse(argv.flatMap(toCommander), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
  }
  const options = command.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.entries(program.flags).map(([name, flag]) => [name, options[camelCase(name)] ?? flag.initial]),
  ) as Values<F>;
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
  return { help, initial: parse(initial), parse, placeholder: "host:port", ...more };
}

/** Several `host:port`, by comma; each must be one that `isName` takes. */
export function addresses(
  help: string,
  initial: readonly string[],
  isName: (name: string) => boolean = (name) => parseAddress(name)?.host !== undefined,
): Flag<readonly string[]> {
  const parse = (value: string): readonly string[] => {
    const names = value.split(",").filter((name) => name !== "");
    const wrong = names.find((name) => !isName(name));
    if (wrong === undefined) return names;
    throw new InvalidArgumentError(`'${wrong}' is not host:port. Give host:port, several by comma.`);
  };
  return { help, initial, parse, placeholder: "host:port,..." };
}

function toOption(name: string, flag: Flag<unknown>): Option {
  const { parse } = flag;
  const short = name.length === 1 ? `-${name}` : `--${name}`;
  const option = new Option(parse ? `${short} <${flag.placeholder}>` : short, flag.help);
  if (parse) option.argParser((value) => parse(value));
  if (flag.env !== undefined) option.env(flag.env);
  // A default of nothing is not worth a word in the help.
  const isNothing = flag.initial === false || flag.initial === "" || shownDefault(flag.initial) === "";
  return isNothing ? option : option.default(flag.initial, shownDefault(flag.initial));
}

/** A default as one would type it, where JSON would not show it so. */
function shownDefault(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(",");
  if (typeof value === "object" && value !== null && "port" in value) return formatAddress(value as Address);
  return undefined;
}

/** `-nodes` to `--nodes`, `--v` to `-v`, `-v=true` to `-v`; `-v=false` says what is so anyway and goes. */
function toCommander(argument: string): string[] {
  const [, name, value] = /^--?([a-z][a-z-]*)(=.*)?$/s.exec(argument) ?? [];
  if (name === undefined || value === "=false") return name === undefined ? [argument] : [];
  return [`${name.length === 1 ? "-" : "--"}${name}${value === "=true" ? "" : (value ?? "")}`];
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
