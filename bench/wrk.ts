import type { Sample } from "./bench.ts";
import { type Programs, requireProgram } from "./programs.ts";

/** What wrk is asked to do. */
export interface WrkOptions {
  readonly url: string;
  readonly connections: number;
  /** Rounded up: wrk takes whole ones only. */
  readonly seconds: number;
  /** In Lua: says which requests are made. */
  readonly script?: { readonly path: string; readonly args: readonly string[] };
}

export function requireWrk(): void {
  requireProgram(["wrk", "-v"], "wrk");
}

/** Calls over so many connections, on one thread, for so long. Throws when a call failed: its time says nothing. */
export async function runWrk(programs: Programs, options: WrkOptions): Promise<Sample> {
  const { url, connections, seconds, script } = options;
  const args = ["-t1", `-c${connections}`, `-d${Math.ceil(seconds)}s`, "--latency"];
  const calls = script ? ["-s", script.path, url, "--", ...script.args] : [url];
  return parseWrk(await programs.run(["wrk", ...args, ...calls]));
}

/** Reads what `wrk --latency` prints. */
export function parseWrk(text: string): Sample {
  const errors = /Socket errors:.*|Non-2xx or 3xx responses:.*/.exec(text);
  if (errors) throw new Error(`calls failed: ${errors[0]}`);
  const rate = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(text)?.[1]);
  if (!(rate > 0)) throw new Error(`wrk measured nothing: ${text}`);
  return { rate, p50: percentile(text, 50), p99: percentile(text, 99) };
}

const MS_PER_UNIT: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function percentile(text: string, percent: number): number {
  const [, value, unit = ""] = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)([a-z]+)$`, "m").exec(text) ?? [];
  return Number(value) * (MS_PER_UNIT[unit] ?? Number.NaN);
}
