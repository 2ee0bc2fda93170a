import type { ExchangeWire } from "../exchange.ts";

/** Remembers what was said, and does as the test says. */
export class RecordingWire implements ExchangeWire {
  text = "";
  writes = 0;
  finishedTimes = 0;
  brokenOff: "no" | "plainly" | "with a reset" = "no";
  isLastInAnyCase = false;
  drain: Promise<void> | undefined;

  date(): string {
    return "Mon, 22 Jan 2018 10:00:00 GMT";
  }
  isLast(endTells: boolean): boolean {
    return endTells || this.isLastInAnyCase;
  }
  write(bytes: Uint8Array | string): boolean {
    this.writes++;
    this.text += typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
    return this.drain === undefined;
  }
  writeBorrowed(before: string, bytes: Uint8Array, after: string): boolean {
    return this.write(before + Buffer.from(bytes).toString("latin1") + after);
  }
  drained(): Promise<void> {
    return this.drain ?? Promise.resolve();
  }
  finished(): void {
    this.finishedTimes++;
  }
  breakOff(withReset: boolean): void {
    this.brokenOff = withReset ? "with a reset" : "plainly";
  }
}
