import type { Writable } from "node:stream";
import { isJsonObject } from "../../../model/json.ts";

/** Shows what an engine is doing. */
export interface Progress {
  /** One event of the engine's. */
  add(event: Readonly<Record<string, unknown>>): void;
  /** There is no more. */
  end(): void;
}

/** A bar on a terminal; elsewhere a line for each thing that is said. */
export function showProgress(
  output: Writable & { readonly isTTY?: boolean; readonly columns?: number },
): Progress {
  return output.isTTY ? new Bar(output) : plainLines(output);
}

function plainLines(output: Writable): Progress {
  return {
    add(event) {
      // Bytes of layers come many times a second, and are for bars.
      const { stream, status, id, progressDetail } = event;
      const isCounting = isJsonObject(progressDetail) && progressDetail.total !== undefined;
      const text = typeof stream === "string" ? stream.trim() : isCounting ? "" : statusLine(status, id);
      if (text !== "") output.write(`${text}\n`);
    },
    end() {},
  };
}

function statusLine(status: unknown, id: unknown): string {
  if (typeof status !== "string") return "";
  return typeof id === "string" ? `${id}: ${status}` : status;
}

const BAR_LENGTH = 24;

/** One line that is written over: how far the steps or the layers are, and what is being done. */
class Bar implements Progress {
  readonly #output: Writable & { readonly columns?: number };
  readonly #layers = new Map<string, { readonly current: number; readonly total: number }>();
  #share = 0;

  constructor(output: Writable & { readonly columns?: number }) {
    this.#output = output;
  }

  add({ stream, status, id, progressDetail }: Readonly<Record<string, unknown>>): void {
    if (typeof stream === "string") {
      const [, step, steps] = /^Step (\d+)\/(\d+) : /.exec(stream) ?? [];
      if (step !== undefined) this.#share = (Number(step) - 1) / Number(steps);
      const [first = ""] = stream.trim().split("\n");
      if (first !== "") this.#draw(first);
      return;
    }
    if (typeof id === "string" && isJsonObject(progressDetail)) this.#count(id, progressDetail);
    const line = statusLine(status, id);
    if (line !== "") this.#draw(line);
  }

  end(): void {
    this.#output.write("\r\x1b[K");
  }

  #count(id: string, { current, total }: Record<string, unknown>): void {
    if (typeof current !== "number" || typeof total !== "number") return;
    this.#layers.set(id, { current, total });
    const all = [...this.#layers.values()];
    const sum = (field: "current" | "total") => all.reduce((bytes, layer) => bytes + layer[field], 0);
    this.#share = Math.min(1, sum("current") / Math.max(1, sum("total")));
  }

  #draw(text: string): void {
    const filled = Math.round(this.#share * BAR_LENGTH);
    const bar = `[${"#".repeat(filled)}${"-".repeat(BAR_LENGTH - filled)}] `;
    const room = (this.#output.columns ?? 80) - bar.length - 1;
    this.#output.write(`\r${bar}${text.slice(0, room)}\x1b[K`);
  }
}
