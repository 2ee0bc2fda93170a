import type { HeaderField } from "../agent/agent.ts";
import { pathOf } from "../agent/launch-spec.ts";
import type { Exchange } from "../http1/exchange.ts";
import { wholeBody } from "../http1/whole-body.ts";
import type { Call } from "../model/call.ts";
import { FnError } from "../model/errors.ts";
import { PRIORITIES, type Priority } from "../model/queued-call.ts";
import type { FnInApp, IdempotencyKey, QueueStore } from "../store/store.ts";
import { endToEndFields, valuesOf } from "./fields.ts";
import type { UploadPlace, UploadRoom } from "./upload-room.ts";

/** How long a key leads to the call that it came with first. */
const KEY_KEEP_MS = 24 * 3600 * 1000;
const KEY_LENGTH_MAX = 255;
/** A day, as long as keys are kept: a request that is sent again finds the call that still waits. */
const DELAY_MAX_S = 24 * 3600;

export interface QueueingOptions {
  readonly queue: QueueStore;
  /** Largest body of a call that nobody waits for, in bytes: it is held in memory, and stored. */
  readonly bodyBytesMax: number;
  /** For all bodies that are held at a time. */
  readonly uploads: UploadRoom;
}

/** A call about to be queued. */
export interface NewCall {
  readonly id: string;
  readonly createdAtMs: number;
  readonly called: FnInApp;
}

/**
 * Stores a call that nobody waits for, to be run later, and resolves with its id: that of an earlier one, if the function was
 * given the same `Idempotency-Key` within a day. `Fn-Delay` says how many seconds the call waits at least, `Fn-Priority` how
 * it compares with others of its app: 2 goes first, 0 is usual.
 * Errors: `idempotency_key_invalid`, `delay_invalid`, `priority_invalid`, `body_too_large`, `payload_invalid`, `client_gone`,
 * `server_busy` and those of the store; with any of the first seven nothing was stored.
 */
export async function enqueueCall(
  { queue, bodyBytesMax, uploads }: QueueingOptions,
  exchange: Exchange,
  call: NewCall,
): Promise<string> {
  const { head } = exchange;
  const { method, target, host, fields } = head;
  const idempotency = idempotencyOf(fields);
  const priority = priorityOf(fields);
  const dueAtMs = call.createdAtMs + 1000 * delayOf(fields);
  const triggerId = call.called.trigger?.id;
  const place = uploads.enter();
  try {
    const body = await readBody(exchange, bodyBytesMax, place);
    const request = { method, target, host, headers: endToEndFields(head), body, triggerId };
    return await queue.enqueue({ call: queuedCallOf(call), request, priority, dueAtMs }, idempotency);
  } finally {
    place.leave();
  }
}

/** The call as it is stored, before it was ever begun. */
export function queuedCallOf({ id, createdAtMs, called }: NewCall): Call {
  const { app, fn } = called;
  return {
    id,
    appId: app.id,
    appName: app.name,
    fnId: fn.id,
    path: pathOf(called),
    status: "queued",
    error: undefined,
    createdAtMs,
    startedAtMs: undefined,
    completedAtMs: undefined,
    timeline: {},
    attempts: 0,
  };
}

async function readBody(exchange: Exchange, bytesMax: number, place: UploadPlace): Promise<Buffer> {
  let body: Buffer;
  try {
    body = await wholeBody(exchange.body, bytesMax, place.take);
  } catch (error) {
    if (exchange.isOver) throw new FnError("client_gone", {}, { cause: error });
    if (!(error instanceof FnError) || error.code !== "request_malformed") throw error;
    throw new FnError("payload_invalid", {}, { hint: error.message, cause: error });
  }
  if (exchange.isOver) throw new FnError("client_gone");
  return body;
}

function idempotencyOf(fields: readonly HeaderField[]): IdempotencyKey | undefined {
  const values = valuesOf(fields, "idempotency-key");
  const [key] = values;
  if (key === undefined) return undefined;
  const isGood = values.length === 1 && key.length <= KEY_LENGTH_MAX && /^[\x21-\x7e]+$/.test(key);
  if (!isGood) throw new FnError("idempotency_key_invalid", { max: KEY_LENGTH_MAX });
  return { key, keepMs: KEY_KEEP_MS };
}

/** In seconds. */
function delayOf(fields: readonly HeaderField[]): number {
  const values = valuesOf(fields, "fn-delay");
  const [text = "0"] = values;
  const delayS = Number(text);
  if (values.length <= 1 && /^\d{1,5}$/.test(text) && delayS <= DELAY_MAX_S) return delayS;
  throw new FnError("delay_invalid", { max: DELAY_MAX_S });
}

function priorityOf(fields: readonly HeaderField[]): Priority {
  const values = valuesOf(fields, "fn-priority");
  const [text = "0"] = values;
  const priority = PRIORITIES.find((each) => String(each) === text);
  if (values.length <= 1 && priority !== undefined) return priority;
  throw new FnError("priority_invalid");
}
