import type { CallSink, HeaderField } from "../agent/agent.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { formatGoDuration } from "../clock/go-duration.ts";
import type { Exchange } from "../http1/exchange.ts";
import { isHopByHop } from "../http1/fields.ts";
import { DRAINING_FIELDS, NODE_STATE_FIELD } from "../http1/node-state.ts";
import { TIMELINE_STEPS, type Timeline } from "../model/call.ts";
import { FnError } from "../model/errors.ts";
import type { TriggerHeaders } from "../model/trigger.ts";
import { type ApiVersion, errorAnswer, JSON_TYPE } from "./refusal.ts";

/**
 * The first bytes of an answer are held back so that a function which fails a moment after it began still gets an
 * honest status, and a small answer leaves in one piece with its length. What is longer, or takes longer, streams.
 */
const HOLD_BYTES = 64 * 1024;
const HOLD_MS = 20;

/** Fields that only the platform may set on an answer. Its date is when the node gives it (RFC 9110, 6.6.1). */
const RESERVED: ReadonlySet<string> = new Set([
  "date",
  "fn_call_id",
  "fn-call-id",
  "fn-node",
  NODE_STATE_FIELD,
  "fn-cold-start",
  "xxx-fxlb-wait",
]);

export interface AnswerOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly api: ApiVersion;
  readonly callId: string;
  readonly nodeName: string;
  /** Whether the answer tells what the call has waited: to balancers it does, and as /v1 has it to everybody. */
  readonly tellsWait: boolean;
  readonly triggerHeaders: TriggerHeaders;
  /**
   * True when only the end of the container tells whether the call succeeded (format `default`): then the answer is
   * held back until its end, as long as it is short.
   */
  readonly isJudgedAtEnd: boolean;
  /** Whether the node is going down, which its answers tell. */
  readonly isDraining: () => boolean;
  /** What the call has waited until now, in nanoseconds: for errors before it started. */
  readonly elapsedNs: () => number;
  /** The caller wants to see how long each step took (`Server-Timing`). */
  readonly showsTimeline: boolean;
}

/** Writes one answer to its caller. The one owner of the exchange: after `end` or `fail` nothing is written. */
export class AnswerWriter implements CallSink {
  readonly #options: AnswerOptions;
  #waitNs: number | undefined;
  #startedAtNs: number | undefined;
  #timeline: Timeline = {};
  #status = 200;
  #fields: readonly HeaderField[] = [];
  #bodyBytes: number | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #holdTimer: Timer | undefined;
  #state: "held" | "streaming" | "done" = "held";

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  started(waitNs: number, timeline: Timeline): void {
    this.#waitNs = waitNs;
    this.#startedAtNs = this.#options.clock.monotonicNs();
    this.#timeline = timeline;
  }

  head(status: number, fields: readonly HeaderField[], bodyBytes: number | undefined): void {
    this.#status = status;
    this.#fields = fields;
    this.#bodyBytes = bodyBytes;
  }

  write(part: Uint8Array): void | Promise<void> {
    if (this.#state === "done" || part.length === 0) return;
    if (this.#state === "streaming") return this.#stream(part);
    this.#held.push(part);
    this.#heldBytes += part.length;
    if (this.#heldBytes >= HOLD_BYTES) return this.#startStreaming();
    // With its last byte there the end comes in a moment: no need to watch for it.
    const isWhole = this.#heldBytes === this.#bodyBytes;
    if (!isWhole && !this.#options.isJudgedAtEnd) {
      this.#holdTimer ??= this.#options.clock.after(HOLD_MS, () => {
        // A caller that has left is noticed by the call's cancel, not here.
        Promise.resolve(this.#startStreaming()).catch(() => {});
      });
    }
  }

  /** The answer is whole. */
  end(): void {
    const { exchange } = this.#options;
    if (this.#state === "held") {
      const body = joined(this.#held);
      exchange.answer(this.#status, this.#answerFields(), body, this.#bodyBytes ?? body.length);
    } else if (this.#state === "streaming") {
      exchange.end();
    }
    this.#finish();
  }

  /** The call will be run later: 202, with this for JSON; empty for no body. In place of everything else. */
  accept(json: string): void {
    this.head(202, json === "" ? [] : [["Content-Type", "application/json"]], Buffer.byteLength(json));
    this.write(Buffer.from(json));
    this.end();
  }

  /** What is held back stays so until `fail` says what is answered instead. */
  failing(): void {
    this.#holdTimer?.cancel();
  }

  /**
   * The call failed. An error answer if nothing has left yet; else the connection is broken off, since a body that
   * simply ended would look whole.
   */
  fail(error: FnError): void {
    const { exchange } = this.#options;
    if (this.#state === "held") {
      const { status, fields, body } = errorAnswer(error, this.#options.api);
      this.#fields = [["Content-Type", JSON_TYPE]];
      this.#waitNs ??= hasWaited(error) ? this.#options.elapsedNs() : undefined;
      exchange.answer(status, [...this.#answerFields(), ...fields], body);
    } else if (this.#state === "streaming") {
      exchange.breakOff();
    }
    this.#finish();
  }

  #finish(): void {
    this.#state = "done";
    this.#holdTimer?.cancel();
    this.#held = [];
  }

  #startStreaming(): void | Promise<void> {
    this.#holdTimer?.cancel();
    if (this.#state !== "held") return;
    this.#state = "streaming";
    this.#options.exchange.begin(this.#status, this.#answerFields(), this.#bodyBytes);
    const held = joined(this.#held);
    this.#held = [];
    return this.#stream(held);
  }

  #stream(part: Uint8Array): void | Promise<void> {
    const { exchange } = this.#options;
    if (exchange.isOver) return Promise.reject(new FnError("client_gone"));
    return exchange.write(part)?.catch((cause) => {
      throw new FnError("client_gone", {}, { cause });
    });
  }

  /** The steps so far, and the run if it is over: an answer that streams begins before its end is known. */
  #serverTiming(): string {
    const { clock } = this.#options;
    const isOver = this.#state === "held" && this.#startedAtNs !== undefined;
    const run = isOver ? { run: (clock.monotonicNs() - (this.#startedAtNs ?? 0)) / 1e6 } : {};
    const timeline: Timeline = { ...this.#timeline, ...run };
    return TIMELINE_STEPS.flatMap((step) => {
      const ms = timeline[step];
      return ms === undefined ? [] : [`${step};dur=${ms.toFixed(3)}`];
    }).join(", ");
  }

  /** Whether a function or a trigger may say this. Of two that let pages in, browsers believe none. */
  #allows(name: string): boolean {
    const isCors = this.#options.exchange.addedFields.length > 0;
    return isAllowed(name) && !(isCors && name.toLowerCase() === "access-control-allow-origin");
  }

  /** Names and values in turn. */
  #answerFields(): string[] {
    const { api, callId, nodeName, triggerHeaders, showsTimeline, tellsWait, isDraining } = this.#options;
    const flat = api === "v1" ? ["Fn_call_id", callId, "Fn-Node", nodeName] : ["Fn-Call-Id", callId];
    if (isDraining()) flat.push(...DRAINING_FIELDS);
    // The container was started for this call: its wait says little about the next one's.
    if (api === "v1" && this.#timeline.start !== undefined) flat.push("Fn-Cold-Start", "1");
    const timing = showsTimeline ? this.#serverTiming() : "";
    if (timing !== "") flat.push("Server-Timing", timing);
    if (tellsWait && this.#waitNs !== undefined) {
      flat.push("Xxx-Fxlb-Wait", latin1(formatGoDuration(this.#waitNs)));
    }
    const hasOwnType = this.#fields.some(([name]) => isContentType(name));
    let hasType = hasOwnType;
    for (const [name, values] of Object.entries(triggerHeaders)) {
      // One Content-Type only: the function's, or else the trigger's.
      if (!this.#allows(name) || (isContentType(name) && hasOwnType)) continue;
      if (isContentType(name)) hasType = true;
      for (const value of values) flat.push(name, value);
    }
    for (const [name, value] of this.#fields) {
      if (this.#allows(name)) flat.push(name, value);
    }
    if (!hasType && api === "v1") flat.push("Content-Type", "application/json");
    return flat;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first ? first : Buffer.concat(parts);
}

/** The errors after which a balancer wants to know how long the call was in line. */
function hasWaited(error: FnError): boolean {
  return error.status === 503 || error.status === 504;
}

/** Whether it is no field that only the platform may set. */
function isAllowed(name: string): boolean {
  const lowerName = name.toLowerCase();
  // Framing and connection are ours to decide.
  return lowerName !== "content-length" && !isHopByHop(lowerName) && !RESERVED.has(lowerName);
}

function isContentType(name: string): boolean {
  return name.toLowerCase() === "content-type";
}

/** Fields are written as Latin-1: the bytes of the micro sign in UTF-8, which balancers of Fn read, one by one. */
function latin1(duration: string): string {
  return duration.replace("\u00b5", "\u00c2\u00b5");
}
