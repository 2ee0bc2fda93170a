import { type Command, InvalidArgumentError, Option } from "commander";
import type { Config } from "../../model/app.ts";
import type { Environment } from "./io.ts";

/** `--config K=V`, as often as wanted. */
export function configOption(env: Environment): Option {
  return pairsOption("-c, --config <K=V>", "set a configuration value", env);
}

/** `--secret K=V`, as often as wanted. */
export function secretOption(env: Environment): Option {
  return pairsOption("--secret <K=V>", "set a value that is never shown again", env);
}

/** An option that takes `K=V`, as often as wanted. */
export function pairsOption(flags: string, description: string, env: Environment): Option {
  const text = `${description}; repeatable, $NAME is taken from the environment`;
  return new Option(flags, text).argParser((pair: string, previous: Config = {}) => ({
    ...previous,
    ...parsePair(pair, env),
  }));
}

/** `--annotation KEY=VALUE`, as often as wanted. */
export function annotationOption(): Option {
  return new Option(
    "--annotation <KEY=VALUE>",
    "set a note, in JSON or as text; repeatable, an empty one removes the key",
  ).argParser((text: string, previous: Readonly<Record<string, unknown>> = {}) => {
    const [key, value] = splitAt(text, "=");
    return { ...previous, [key]: jsonOrText(value) };
  });
}

/** Lines that show how a command is typed, for `addHelpText("after", ...)`. */
export function examples(...lines: readonly string[]): string {
  const title = lines.length > 1 ? "Examples" : "Example";
  return `\n${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** Adds what a `delete` has whose thing may have others in it. */
export function addDeleteOptions(command: Command, inside: string): Command {
  return command
    .option("-f, --force", `do not ask, even if there are ${inside}`)
    .option("-r, --recursive", `delete the ${inside}, too: so it is always, after a question`);
}

export interface DeleteChoice {
  readonly force?: boolean;
}

export function addOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

/** `--json` and `--output json`. */
export function outputOptions(): Option[] {
  return [
    new Option("--output <format>", "what to print").choices(["text", "json"]).default("text"),
    new Option("--json", "the same as --output json").implies({ output: "json" }),
  ];
}

export interface OutputChoice {
  readonly output: "text" | "json";
}

/** `--n` and `--cursor`. */
export function pageOptions(): Option[] {
  return [
    new Option("-n, --n <count>", "how many at most").argParser(parseCount).default(LIST_ITEMS_DEFAULT),
    new Option("--cursor <cursor>", "go on where an earlier list stopped"),
  ];
}

export interface PageChoice {
  readonly n: number;
  readonly cursor?: string;
}

const LIST_ITEMS_DEFAULT = 100;

/** A whole number above zero. */
export function parseCount(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("Give a whole number above zero.");
}

/** A whole number, zero or more. */
export function parseNumber(text: string): number {
  return text === "0" ? 0 : parseCount(text);
}

const SECONDS = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 24 * 3600],
]);

/** `90s`, `15m`, `12h` or `30d`, in seconds. */
export function parseSeconds(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS.get(unit) ?? 0);
  if (Number.isSafeInteger(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("Give a time such as 90s, 15m, 12h or 30d.");
}

/** `NAME=v1;v2`, added to what was given before. */
export function parseRouteHeader(
  text: string,
  previous: Readonly<Record<string, readonly string[]>> = {},
): Readonly<Record<string, readonly string[]>> {
  const [name, value] = splitAt(text, "=");
  return { ...previous, [name]: [...(previous[name] ?? []), ...value.split(";")] };
}

/** What RFC 9110, section 5.6.2, allows as a method and as the name of a header. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** An HTTP method, in capitals. */
export function parseMethod(text: string): string {
  if (TOKEN.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError("Give an HTTP method, such as PUT.");
}

/** `Name: value` of an HTTP request, added to what was given before. */
export function parseRequestHeader(
  text: string,
  previous: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const [name, value] = splitAt(text, ":").map((part) => part.trim());
  if (!TOKEN.test(name ?? "") || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value ?? "")) {
    throw new InvalidArgumentError("Give NAME:VALUE as HTTP allows it.");
  }
  return [...previous, [name ?? "", value ?? ""]];
}

/** An RFC 3339 time, as Unix seconds. */
export function parseTime(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError("Give a time like 2018-01-22T10:00:00Z.");
  return Math.floor(ms / 1000);
}

/** `K=V` with `$NAME` and `${NAME}` in the value replaced. */
function parsePair(text: string, env: Environment): Config {
  const [key, value] = splitAt(text, "=");
  return { [key]: expand(value, env) };
}

/** A name that is not set is refused: an empty value would erase the setting. */
function expand(value: string, env: Environment): string {
  return value.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? "";
    const found = env[name];
    if (found === undefined) throw new InvalidArgumentError(`${name} is not set in the environment.`);
    return found;
  });
}

/** Both sides of the first separator; the left one is not empty. */
function splitAt(text: string, separator: "=" | ":"): [string, string] {
  const at = text.indexOf(separator);
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new InvalidArgumentError(`Give NAME${separator}VALUE.`);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
