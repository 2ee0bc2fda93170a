import { request } from "undici";

/** A call, seen by its caller. */
export interface Call {
  readonly status: number;
  readonly elapsedMs: number;
  /** What each step took on the node, in milliseconds. */
  readonly steps: Readonly<Record<string, number>>;
}

/** Calls once, and asks where the time went. */
export async function callOnce(url: string): Promise<Call> {
  const startMs = performance.now();
  const { statusCode, headers, body } = await request(url, { headers: { "Fn-Show-Timeline": "1" } });
  await body.dump();
  const elapsedMs = performance.now() - startMs;
  return { status: statusCode, elapsedMs, steps: parseServerTiming(String(headers["server-timing"] ?? "")) };
}

/** Reads `create;dur=71.3, start;dur=102.9`. Source: Server Timing, W3C. */
export function parseServerTiming(text: string): Record<string, number> {
  const steps = [...text.matchAll(/(\w+);dur=([\d.]+)/g)];
  return Object.fromEntries(steps.map(([, step, ms]) => [step, Number(ms)]));
}
