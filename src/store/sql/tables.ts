import type { CallStatus } from "../../model/call.ts";
import type { FnType, FormatName } from "../../model/fn.ts";

/** The tables as the queries see them. Times are Unix milliseconds; text compares byte by byte. */
export interface Tables {
  apps: AppsTable;
  fns: FnsTable;
  triggers: TriggersTable;
  calls: CallsTable;
  logs: LogsTable;
  changes: ChangesTable;
  nodes: NodesTable;
}

interface AppsTable {
  id: string;
  name: string;
  /** JSON of a `Config`. */
  config: string;
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
  completed_at_ms: number;
  /** JSON of a `Timeline`. */
  timeline: string;
}

/** Of calls that have written one; the key is that of the call. */
interface LogsTable {
  app_name: string;
  call_id: string;
  log: string;
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
