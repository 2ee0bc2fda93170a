import type { Sample } from "./bench.ts";
import { type Programs, requireProgram } from "./programs.ts";

/** What hey is asked to do. */
export interface HeyOptions {
  readonly url: string;
  readonly connections: number;
  /** Calls in a second, over all connections: no more, however quick they are. */
  readonly rate: number;
  readonly seconds: number;
}

export function requireHey(): void {
  requireProgram(["hey", "-h"], "hey");
}

/** Calls at a steady rate. Throws when a call failed: its time says nothing. */
export async function runHey(programs: Programs, options: HeyOptions): Promise<Sample> {
  const { url, connections, rate, seconds } = options;
  const each = String(rate / connections);
  return parseHey(
    await programs.run(["hey", "-z", `${seconds}s`, "-c", String(connections), "-q", each, url]),
  );
}

/** Reads what hey prints. */
export function parseHey(text: string): Sample {
  const statuses = [...text.matchAll(/^\s+\[(\d+)\]\s+\d+ responses$/gm)].map(([, status]) => status);
  if (statuses.join() !== "200" || /^Error distribution:/m.test(text))
    throw new Error(`calls failed: ${text}`);
  return {
    rate: Number(/^\s+Requests\/sec:\s+([\d.]+)$/m.exec(text)?.[1]),
    p50: percentileMs(text, 50),
    p99: percentileMs(text, 99),
  };
}

function percentileMs(text: string, percent: number): number {
  return 1000 * Number(new RegExp(`^\\s+${percent}%+ in ([\\d.]+) secs$`, "m").exec(text)?.[1]);
}
