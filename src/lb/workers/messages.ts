/** What passes between the supervisor and its workers, as JSON over Node's channel. */

/** What one worker answered to a question that all were asked. */
export interface Answer {
  /** Its id. */
  readonly worker: string;
  readonly answer: unknown;
}

export type ToWorker =
  /** Comes with the handle of a socket, before `begin`. */
  | { readonly kind: "socket"; readonly name: string }
  | { readonly kind: "begin"; readonly worker: string }
  | { readonly kind: "message"; readonly from: string; readonly topic: string; readonly message: unknown }
  | { readonly kind: "question"; readonly id: number; readonly topic: string }
  | { readonly kind: "answers"; readonly id: number; readonly answers: readonly Answer[] }
  | { readonly kind: "gone"; readonly worker: string };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "publish"; readonly topic: string; readonly message: unknown }
  | { readonly kind: "ask"; readonly id: number; readonly topic: string }
  /** Without `answer` when it has none. */
  | { readonly kind: "answer"; readonly id: number; readonly answer?: unknown };

const KINDS_TO_WORKER: readonly string[] = ["socket", "begin", "message", "question", "answers", "gone"];
const KINDS_FROM_WORKER: readonly string[] = ["ready", "publish", "ask", "answer"];

/** Both ends are of one program: what is of another kind was sent by another part of it, and is none of ours. */
export function isToWorker(message: unknown): message is ToWorker {
  return KINDS_TO_WORKER.includes(kindOf(message));
}

export function isFromWorker(message: unknown): message is FromWorker {
  return KINDS_FROM_WORKER.includes(kindOf(message));
}

function kindOf(message: unknown): string {
  const hasKind = typeof message === "object" && message !== null && "kind" in message;
  return hasKind ? String(message.kind) : "";
}

/**
 * Messages that wait to be written to one process. A process that reads none of so many is stuck; what is published to
 * it meanwhile is dropped, since the next message of the kind will say more.
 */
export const UNSENT_MAX = 1000;
