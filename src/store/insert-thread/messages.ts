import type { CallRecord } from "../../model/call.ts";
import type { ConnectionSettings } from "../postgres/connection-url.ts";

/** Which database the thread stores calls in: one that was opened before, with its tables made. */
export type InsertTarget =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly settings: ConnectionSettings };

/** What the thread is told, and answers with the same number. */
export interface InsertRequest {
  readonly number: number;
  readonly records: readonly CallRecord[];
}

export interface InsertAnswer {
  readonly number: number;
  /** Why the batch is not stored; absent when it is. */
  readonly failure?: string;
}
