import type { Shape } from "../../model/annotations.ts";
import type { CallStatus } from "../../model/call.ts";
import type { FnType, FormatName } from "../../model/fn.ts";
import type { Priority } from "../../model/queued-call.ts";

/** The tables as the queries see them. Times are Unix milliseconds; text compares byte by byte. */
export interface Tables {
  apps: AppsTable;
  fns: FnsTable;
  triggers: TriggersTable;
  calls: CallsTable;
  logs: LogsTable;
  answers: AnswersTable;
  queue: QueueTable;
  requests: RequestsTable;
  idempotency_keys: IdempotencyKeysTable;
  tokens: TokensTable;
  changes: ChangesTable;
  nodes: NodesTable;
}

interface AppsTable {
  id: string;
  name: string;
  /** JSON of a `Config`. */
  config: string;
  /** JSON of `Secrets`. */
  secrets: string;
  /** JSON of `Annotations`. */
  annotations: string;
  syslog_url: string;
  /** Empty for none. */
  shape: Shape | "";
  created_at_ms: number;
  updated_at_ms: number;
}

/** Go with their app. */
interface FnsTable {
  id: string;
  app_id: string;
  name: string;
  image: string;
  format: FormatName;
  type: FnType;
  memory_mib: number;
  cpus_milli: number;
  timeout_s: number;
  idle_timeout_s: number;
  /** JSON of a `Config`. */
  config: string;
  /** JSON of `Secrets`. */
  secrets: string;
  /** JSON of `Annotations`. */
  annotations: string;
  /** Empty for none. */
  shape: Shape | "";
  retries: number;
  retry_delay_s: number;
  created_at_ms: number;
  updated_at_ms: number;
}

/** Go with their fn. */
interface TriggersTable {
  id: string;
  app_id: string;
  fn_id: string;
  name: string;
  type: "http";
  source: string;
  /** JSON of `TriggerHeaders`. */
  headers: string;
  /** JSON of `Annotations`. */
  annotations: string;
  created_at_ms: number;
  updated_at_ms: number;
}

/** Outlive their fn, and may arrive after their app has gone: ids of both are notes here, not references. */
interface CallsTable {
  id: string;
  app_id: string;
  app_name: string;
  fn_id: string;
  path: string;
  status: CallStatus;
  error: string | null;
  created_at_ms: number;
  started_at_ms: number | null;
  completed_at_ms: number | null;
  /** JSON of a `Timeline`. */
  timeline: string;
  /** Null for a call whose caller waited. */
  attempts: number | null;
  /** 1 for a dead one. */
  is_dead: number;
}

/** Of calls that have written one; the key is that of the call. */
interface LogsTable {
  app_name: string;
  call_id: string;
  log: string;
}

/** What functions answered to calls that nobody waited for; the key is that of the call. */
interface AnswersTable {
  app_name: string;
  call_id: string;
  status: number;
  /** JSON of names and values. */
  headers: string;
  body: Uint8Array;
  /** Of the whole body, more than was kept of a large one. */
  body_bytes: number;
  expires_at_ms: number;
}

export type QueueState = "waiting" | "leased" | "dead";

/** Calls that wait, run, or are dead, beside their row of `calls`. A lease that has ended leaves its call to whoever claims it. */
interface QueueTable {
  call_id: string;
  app_name: string;
  fn_id: string;
  state: QueueState;
  priority: Priority;
  /** Not to be claimed before this. */
  due_at_ms: number;
  /** Who has it; empty while nobody has. */
  holder: string;
  /** Null while nobody has it. */
  lease_ends_at_ms: number | null;
  /** How often in a row it was put back without having been run. */
  refusals: number;
}

/** What the callers of queued calls sent: apart, since rows of the queue change and these do not. */
interface RequestsTable {
  call_id: string;
  method: string;
  target: string;
  host: string;
  /** JSON of names and values. */
  headers: string;
  trigger_id: string | null;
  body: Uint8Array;
}

/** Which call a function was given under a key. */
interface IdempotencyKeysTable {
  fn_id: string;
  key: string;
  call_id: string;
  expires_at_ms: number;
}

interface TokensTable {
  id: string;
  name: string;
  hash: string;
  /** Separated by blanks. */
  scopes: string;
  created_at_ms: number;
  expires_at_ms: number | null;
}

/** One row. */
interface ChangesTable {
  count: number;
}

interface NodesTable {
  name: string;
  weight: number;
  /** 1 when somebody wants it to drain. */
  is_draining: number;
  /** 1 when the node itself says that it does. */
  says_draining: number;
  /** Null for one that was put here until it is removed. */
  expires_at_ms: number | null;
}
