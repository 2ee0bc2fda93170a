import { toJson } from "./json.ts";

/**
 * Every error that leaves a program of ours, in one table. Codes are for machines and never reused; sentences are
 * for people. Sentences that the Fn server of January 2018 had are kept word for word, because clients show and
 * compare them.
 */

/** Whose doing it was: the one who called, the function, or this platform and its load. */
export type Fault = "caller" | "function" | "platform";

interface ErrorKind {
  /** HTTP status. */
  readonly status: number;
  readonly fault: Fault;
  /** True when the call certainly did not run, so that sending it again is safe. */
  readonly retry: boolean;
  /** The sentence; `{name}` is replaced by the detail of that name. */
  readonly message: string;
}

function caller(status: number, message: string): ErrorKind {
  return { status, fault: "caller", retry: false, message };
}

function ofFunction(status: number, message: string): ErrorKind {
  return { status, fault: "function", retry: false, message };
}

function platform(status: number, message: string, retry = false): ErrorKind {
  return { status, fault: "platform", retry, message };
}

export const ERRORS = {
  invalid_json: caller(400, "Invalid JSON"),
  url_malformed: caller(
    400,
    "Malformed URL: each % must start the escape of a byte of UTF-8 text, as in %2F",
  ),
  path_not_found: caller(404, "Path not found: {path}"),
  method_not_allowed: caller(405, "Method not allowed: {method} {path}"),

  app_missing: caller(400, "Missing new application"),
  app_name_missing: caller(400, "Missing app name"),
  name_missing: caller(400, "Missing Name"),
  app_name_too_long: caller(400, "App name must be {max} characters or less"),
  app_name_invalid: caller(400, "Invalid app name"),
  app_name_immutable: caller(409, "Could not update - name is immutable"),
  app_not_found: caller(404, "App not found"),
  app_exists: caller(409, "App already exists"),
  shape_invalid: caller(400, "Invalid app shape"),
  syslog_url_invalid: caller(400, "invalid syslog url: {url}"),
  syslog_scheme_invalid: caller(
    400,
    "invalid syslog url: {url} invalid scheme, only [tcp, udp, unix, unixgram, tcp+tls] are supported",
  ),
  syslog_unixgram_unsupported: caller(
    400,
    "unixgram is not supported by this server: let the log daemon listen on unix, tcp or udp, and name that",
  ),

  annotation_key_invalid: caller(
    400,
    "Invalid annotation key, annotation keys must be non-empty ascii strings excluding whitespace",
  ),
  annotation_key_too_long: caller(
    400,
    "Invalid annotation key length, annotation keys may not be larger than {max} bytes",
  ),
  annotation_value_invalid: caller(
    400,
    "Invalid annotation value, annotation values may only be non-empty strings, numbers, objects, or arrays",
  ),
  annotation_value_too_long: caller(
    400,
    "Invalid annotation value length, annotation values may not be larger than {max} bytes when serialized as JSON",
  ),
  annotations_too_many: caller(
    400,
    "Invalid annotation change, new key(s) exceed maximum permitted number of annotations keys ({max})",
  ),

  app_id_given: caller(400, "App ID cannot be supplied on create"),
  app_id_mismatch: caller(400, "App ID in path does not match ID in body"),

  route_missing: caller(400, "Missing new route"),
  route_path_missing: caller(400, "Missing route Path"),
  route_path_malformed: caller(400, "Path malformed"),
  route_path_dynamic: caller(400, "Dynamic URL is not allowed"),
  route_path_invalid: caller(400, "Invalid route path format"),
  route_path_too_long: caller(400, "Route path must be {max} bytes or less"),
  route_path_immutable: caller(409, "Could not update - path is immutable"),
  route_image_missing: caller(400, "Missing route Image"),
  /** The name of an image that cannot be stored, or shown on one line. */
  image_name_invalid: caller(400, "Invalid image name"),
  route_type_invalid: caller(400, "Invalid route Type"),
  route_format_invalid: caller(400, "Invalid route Format"),
  route_timeout_invalid: caller(
    400,
    "timeout value is out of range. Sync should be between 0 and 120, async should be between 0 and 3600",
  ),
  route_idle_timeout_invalid: caller(
    400,
    "idle_timeout value is out of range. It should be between 0 and 3600",
  ),
  route_memory_invalid: caller(400, "memory value is out of range. It should be between 0 and 8192"),
  route_cpus_invalid: caller(
    400,
    "Cpus is invalid. Value should be either between [0.000 and 1024.000] or [0m and 1024000m] milliCPU units",
  ),
  route_header_invalid: caller(400, "Invalid route header {name}"),
  retries_invalid: caller(400, "retries value is out of range. It should be between 0 and {max}"),
  retry_delay_invalid: caller(400, "retry_delay value is out of range. It should be between 0 and {max}"),
  route_not_found: caller(404, "Route not found"),
  route_exists: caller(409, "Route already exists"),

  fn_not_found: caller(404, "Fn not found"),
  fn_name_missing: caller(400, "Missing Fn name"),
  fn_name_too_long: caller(400, "Fn name must be {max} characters or less"),
  fn_name_invalid: caller(400, "name must be a valid string"),
  fn_app_missing: caller(400, "Missing AppID on Fn"),
  fn_image_missing: caller(400, "Missing image on Fn"),
  fn_type_invalid: caller(400, "Invalid type on Fn"),
  fn_format_invalid: caller(400, "Invalid format on Fn"),
  fn_timeout_invalid: caller(400, "timeout value is out of range, must be between 0 and {max}"),
  fn_idle_timeout_invalid: caller(400, "idle_timeout value is out of range, must be between 0 and {max}"),
  fn_memory_invalid: caller(400, "memory value is out of range. It should be between 0 and {max}"),
  fn_exists: caller(409, "Fn with specified name already exists"),
  fn_id_given: caller(400, "ID cannot be provided for Fn creation"),
  fn_id_mismatch: caller(400, "Fn ID in path does not match that in body"),
  trigger_app_missing: caller(400, "Missing App ID on Trigger"),
  trigger_name_missing: caller(400, "Missing name on Trigger"),
  trigger_name_too_long: caller(400, "Trigger name must be {max} characters or less"),
  trigger_name_invalid: caller(400, "Invalid name for Trigger"),
  trigger_fn_missing: caller(400, "Missing Fn ID on Trigger"),
  trigger_fn_foreign: caller(400, "Invalid Fn ID - not owned by specified app"),
  trigger_type_unsupported: caller(400, "Trigger Type Not Supported"),
  trigger_source_missing: caller(400, "Missing Trigger Source"),
  trigger_source_unrooted: caller(400, "Missing Trigger Source Prefix '/'"),
  trigger_source_too_long: caller(400, "Trigger source must be {max} bytes or less"),
  trigger_source_invalid: caller(400, "Invalid Trigger Source"),
  trigger_not_found: caller(404, "Trigger not found"),
  trigger_exists: caller(409, "Trigger with the same type and source exists on this app"),
  trigger_id_given: caller(400, "ID cannot be provided for Trigger creation"),
  trigger_id_mismatch: caller(400, "ID in path does not match ID in body"),

  call_id_missing: caller(400, "Missing call ID"),
  call_not_reserved: caller(
    409,
    "The call is not reserved for this runner: it was too late, or did not take it",
  ),
  call_not_found: caller(404, "Call not found"),
  call_id_taken: caller(409, "Another app has a call of this ID"),
  call_ended: caller(409, "The call has ended"),
  call_not_dead: caller(409, "Only a call that failed for good can be run again"),
  call_status_invalid: caller(400, "status is none of {known} and dead"),
  answer_not_found: caller(404, "Call answer not found"),
  log_not_found: caller(404, "Call log not found"),
  log_not_acceptable: caller(406, "unable to respond within acceptable response content types"),
  from_time_invalid: caller(400, "from_time is not an epoch time"),
  to_time_invalid: caller(400, "to_time is not an epoch time"),

  body_too_large: caller(413, "Content-Length too large for this server, {length} > max {max}"),
  /** The caller left. Nobody reads the answer; the status is the one nginx made customary. */
  client_gone: caller(499, "The client closed the connection before the answer"),
  /** Somebody took back a call that nobody waits for. */
  call_cancelled: caller(499, "The call was cancelled"),

  payload_invalid: caller(400, "Invalid payload"),
  idempotency_key_invalid: caller(
    400,
    "Idempotency-Key has 1 to {max} visible ASCII characters, and comes once",
  ),
  delay_invalid: caller(400, "Fn-Delay is a whole number of seconds from 0 to {max}, and comes once"),
  priority_invalid: caller(400, "Fn-Priority is 0, 1 or 2, and comes once"),
  invoke_unsupported: caller(400, "Invoking routes /r/ is not supported on nodes configured as type API"),
  api_unsupported: caller(
    400,
    "Invoking api /v1/ requests is not supported on nodes configured as type Runner",
  ),

  image_invalid: ofFunction(400, "Failed to pull image '{image}': {reason}"),
  image_not_found: ofFunction(404, "Failed to pull image '{image}': {reason}"),
  image_unauthorized: ofFunction(401, "Failed to pull image '{image}': {reason}"),
  /** The registry does not answer. */
  image_unreachable: platform(502, "Failed to pull image '{image}': {reason}", true),
  /** The function's own code ended the container during the call. */
  container_exited: ofFunction(502, "container exit code {exit}"),
  container_out_of_memory: ofFunction(
    502,
    "container out of memory, you may want to raise route.memory for this route (default: 128MB)",
  ),
  container_init_failed: ofFunction(
    502,
    "Container failed to initialize, please ensure you are using the latest fdk and check the logs",
  ),
  container_init_timeout: ofFunction(
    504,
    "Container initialization timed out, please ensure you are using the latest fdk and check the logs",
  ),
  /** The function answered with something that is not its format. */
  answer_invalid: ofFunction(502, "invalid {format} response from function err: {reason}"),
  answer_header_too_large: ofFunction(502, "function response header too large"),
  answer_body_too_large: ofFunction(502, "function response body too large"),
  /** The function closed its side before the answer was whole. */
  answer_cut: ofFunction(502, "error receiving function response"),
  /** The function kit says that the user's code failed. */
  function_failed: ofFunction(502, "function failed"),
  call_timeout: ofFunction(504, "Timed out"),
  /** A call that nobody waits for: it may be what brings the nodes down. */
  call_abandoned: platform(500, "The nodes that ran the call vanished, {times} times"),

  server_busy: platform(503, "Timed out - server too busy", true),
  /** More memory or cpu than this node ever has. */
  resources_impossible: platform(503, "Timed out - server too busy", true),
  server_stopping: platform(503, "Timed out - server too busy", true),
  container_start_failed: platform(500, "internal server error", true),
  /** Containers can be neither made nor started meanwhile; those that run go on. */
  engine_unreachable: platform(
    503,
    "The container engine does not answer. Try again, or see the server's log",
    true,
  ),
  store_unavailable: platform(
    503,
    "The database cannot be reached, or not be written. Try again, or see the server's log",
    true,
  ),
  internal: platform(500, "internal server error"),

  secrets_unavailable: caller(
    400,
    "This server has no key to seal secrets with: start it with -secrets-key-file FILE or FN_SECRETS_KEY",
  ),
  secret_unreadable: platform(
    500,
    "The secret {name} cannot be opened: {reason}. Start every node with the key it was sealed with, or set the secret again",
  ),

  token_not_found: caller(404, "Token not found"),
  token_name_invalid: caller(400, "The name of a token has 1 to {max} printable characters"),
  /** Given no token, or something that is no bearer token. */
  token_missing: caller(401, "Give a token: Authorization: Bearer TOKEN"),
  token_malformed: caller(400, "The Authorization field is malformed: give it once, as Bearer TOKEN"),
  token_unknown: caller(401, "There is no such token"),
  token_expired: caller(401, "The token has expired"),
  scope_missing: caller(403, "The token may not do this: it has not the scope {scope}"),
  /** A node without tokens is asked by somebody elsewhere. */
  management_closed: caller(
    403,
    "Without tokens a node is managed from its own machine only. Make a token there (POST /1/tokens) and send it, or start the node with -open-management",
  ),

  request_malformed: caller(400, "Malformed request: {reason}"),
  request_too_slow: caller(408, "The request took too long to come"),
  request_target_too_long: caller(414, "The request target is too long: {reason}"),
  request_head_too_large: caller(431, "The request's header is too large: {reason}"),
  http_version_unsupported: caller(505, "Unsupported HTTP version: {reason}. Use HTTP/1.1"),
  node_missing: caller(400, 'Give the node as JSON: {"node":"host:port"}'),
  node_name_invalid: caller(400, "'{node}' is not a node. Give host:port, such as 10.0.0.1:8080"),
  node_weight_invalid: caller(400, "The weight of a node is a number above 0, and up to {max}"),
  node_not_found: caller(404, "'{node}' is not a node of this balancer. See /1/lb/nodes"),
  node_list_foreign: caller(409, "The nodes come from {source}. Change them there"),
  prewarm_invalid: caller(400, 'Give the functions as JSON: {"fns":["/r/app/path"]}, {max} at most'),
  prewarm_failed: platform(502, "No node has taken the functions on: {reason}"),
  command_invalid: caller(400, "{reason}"),
  management_unauthorized: caller(401, "Give the token of the management: Authorization: Bearer TOKEN"),
  management_forbidden: caller(
    403,
    "Without a token the balancer is managed from its own machine only: connect over loopback, or set FN_LB_TOKEN",
  ),
  management_busy: platform(503, "Too many readers follow the events", true),
  no_node: platform(
    503,
    "No node can take this request. See /1/lb/nodes for their state, and start or add a node",
    true,
  ),
  node_failed: platform(
    502,
    "The node broke off before it answered. The call may have run; see the node's log",
  ),
  /** Its answer did not begin in time, and the call may still run. */
  node_late: platform(504, "The node did not answer in time. The call may have run; see the node's log"),
  /** Every node that could take the request has as many as it may be given. */
  nodes_busy: platform(503, "All connections to the nodes are in use. Try again, or add a node", true),
  connections_exhausted: platform(503, "This server has as many connections as it may have. Try again", true),
  method_unsupported: caller(501, "{method} is not supported here"),
  upgrade_unsupported: caller(501, "A change of protocol to {protocol} is not supported here. Use HTTP/1.1"),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** What fills the sentence's `{name}`s. */
export type ErrorDetail = Readonly<Record<string, string | number>>;

/** An error of the table above, with the details of this one time. */
export class FnError extends Error {
  override readonly name = "FnError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly fault: Fault;
  readonly retry: boolean;
  /** For people: what exactly was wrong, when the sentence alone does not say it. */
  readonly hint: string | undefined;
  /** When it is worth trying again, in seconds, where that is known. */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ErrorCode,
    detail: ErrorDetail = {},
    options: { readonly hint?: string; readonly cause?: unknown; readonly retryAfterS?: number } = {},
  ) {
    const kind = ERRORS[code];
    super(fill(kind.message, detail), { cause: options.cause });
    this.code = code;
    this.status = kind.status;
    this.fault = kind.fault;
    this.retry = kind.retry;
    this.hint = options.hint;
    this.retryAfterS = options.retryAfterS;
  }
}

/** The error as it is, or as `internal` with the original as its cause. */
export function asFnError(error: unknown): FnError {
  return error instanceof FnError ? error : new FnError("internal", {}, { cause: error });
}

/**
 * The body of every error answer, one line: Fn's envelope, with our code and hint beside the sentence, and the id of the
 * request where it has one.
 */
export function errorText(error: FnError, requestId?: string): string {
  const { message, code, hint } = error;
  return `${toJson({ error: { message, code, fields: hint, request_id: requestId } })}\n`;
}

/** The body of an error answer of /v2, of calls by id and of calls by trigger: the same without an envelope. */
export function flatErrorText({ message, code, hint }: Pick<FnError, "message" | "code" | "hint">): string {
  return `${toJson({ message, code, fields: hint })}\n`;
}

function fill(message: string, detail: ErrorDetail): string {
  return message.replace(/\{(\w+)\}/g, (_, name: string) => String(detail[name] ?? ""));
}
