import { isDeepStrictEqual } from "node:util";
import { type Annotations, parseShape, type Shape, validateAnnotations } from "./annotations.ts";
import { FnError } from "./errors.ts";
import { mergeKeyed } from "./keyed.ts";
import { isWideName, NAME_BYTES_MAX } from "./names.ts";
import type { Secrets } from "./secrets.ts";
import { validateSyslogUrl } from "./syslog-url.ts";

/** A named group of functions with shared configuration. */
export interface App {
  readonly id: string;
  /** Unique; letters, digits, `_` and `-`. Never changes. */
  readonly name: string;
  /** Environment of every container of the app; a function's own config wins over it. */
  readonly config: Config;
  /** As the config, and over it. */
  readonly secrets: Secrets;
  readonly annotations: Annotations;
  /** Where lines that its functions write to stderr are sent, too; empty for nowhere. */
  readonly syslogUrl: string;
  readonly shape: Shape | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export const APP_DEFAULTS: Pick<App, "config" | "secrets" | "annotations" | "syslogUrl" | "shape"> = {
  config: {},
  secrets: {},
  annotations: {},
  syslogUrl: "",
  shape: undefined,
};

/** Environment variables by name. */
export type Config = Readonly<Record<string, string>>;

/**
 * The part of the settings that a caller names; what is absent or undefined stays as it is. Maps are changed key by key
 * (`mergeKeyed`); an empty syslog URL clears it, and an empty shape names none.
 */
export interface AppChange {
  readonly config?: Config;
  readonly secrets?: Secrets;
  readonly annotations?: Annotations;
  readonly syslogUrl?: string;
  readonly shape?: string;
}

/** A new app, whose config keeps its empty values. Errors: those of `validateAppNameV2`, then of its settings. */
export function newApp(
  { name, config = {}, secrets, annotations = {}, syslogUrl = "", shape = "" }: AppChange & { name: string },
  id: string,
  nowMs: number,
): App {
  validateAppNameV2(name);
  validateAnnotations(annotations);
  validateSyslogUrl(syslogUrl);
  return {
    id,
    name,
    config,
    secrets: mergeKeyed({}, secrets),
    annotations,
    syslogUrl,
    shape: parseShape(shape),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** The app after a change; the same object when that changes nothing, so that no time moves. Errors: those of its settings. */
export function changeApp(app: App, change: AppChange, nowMs: number): App {
  const changed = {
    ...app,
    config: mergeKeyed(app.config, change.config),
    secrets: mergeKeyed(app.secrets, change.secrets),
    annotations: mergeKeyed(app.annotations, change.annotations),
    syslogUrl: change.syslogUrl ?? app.syslogUrl,
    shape: parseShape(change.shape ?? "") ?? app.shape,
  };
  if (isDeepStrictEqual(changed, app)) return app;
  validateAnnotations(changed.annotations);
  validateSyslogUrl(changed.syslogUrl);
  return { ...changed, updatedAtMs: nowMs };
}

const APP_NAME_LENGTH_MAX = 30;

/** Refuses a name that /v1 gives no app: missing, too long, wrong characters, in this order. */
export function validateAppName(name: string): void {
  if (name === "") throw new FnError("app_name_missing");
  if (Buffer.byteLength(name) > APP_NAME_LENGTH_MAX) {
    throw new FnError("app_name_too_long", { max: APP_NAME_LENGTH_MAX });
  }
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new FnError("app_name_invalid", {}, { hint: "Use letters, digits, _ and - only." });
  }
}

/** As `validateAppName` for /v2, which allows more. */
export function validateAppNameV2(name: string): void {
  if (name === "") throw new FnError("name_missing");
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw new FnError("app_name_too_long", { max: NAME_BYTES_MAX });
  if (!isWideName(name)) {
    throw new FnError("app_name_invalid", {}, { hint: "Use letters, numbers, _ and - only." });
  }
}
