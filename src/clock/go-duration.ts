/**
 * Durations as Go writes them (`time.Duration.String`): the text of the wait header, which balancers of Fn parse.
 * The grammar is in section 9 of the agent reference; both directions keep whole nanoseconds.
 */

const NS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["\u00b5s", 1e3], // micro sign, the one Go prints
  ["\u03bcs", 1e3], // Greek mu, which Go accepts
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);

/** Longest text read: `-2562047h47m16.854775808s`, the extreme of 64 bits, has 25 characters. */
const LENGTH_MAX = 64;

/** Writes nanoseconds: `205.588µs`, `40.068572ms`, `2.5s`, `1m2.5s`, `1h0m0s`, `0s`. */
export function formatGoDuration(ns: number): string {
  const whole = Math.round(Math.abs(ns));
  const sign = ns < 0 && whole > 0 ? "-" : "";
  if (whole === 0) return "0s";
  if (whole < 1e3) return `${sign}${whole}ns`;
  if (whole < 1e6) return `${sign}${decimal(whole, 1e3, 3)}\u00b5s`;
  if (whole < 1e9) return `${sign}${decimal(whole, 1e6, 6)}ms`;

  const seconds = decimal(whole % 60e9, 1e9, 9);
  const minutes = Math.floor(whole / 60e9);
  if (minutes === 0) return `${sign}${seconds}s`;
  if (minutes < 60) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

/** Reads a duration into nanoseconds; undefined when it is not one. */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const [, sign, rest] = /^([+-]?)(.+)$/u.exec(text) ?? [];
  if (rest === undefined) return undefined;
  if (rest === "0") return 0;

  let ns = 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/uy;
  while (part.lastIndex < rest.length) {
    const [, number, unit] = part.exec(rest) ?? [];
    if (number === undefined || unit === undefined) return undefined;
    ns += Number(number) * (NS_PER_UNIT.get(unit) ?? 0);
  }
  ns = Math.round(ns);
  return sign === "-" ? -ns : ns;
}

/** `whole / unit` with up to `digits` decimals, trailing zeros cut. */
function decimal(whole: number, unit: number, digits: number): string {
  const fraction = String(whole % unit)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(Math.floor(whole / unit)) : `${Math.floor(whole / unit)}.${fraction}`;
}
