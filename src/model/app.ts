import { isDeepStrictEqual } from "node:util";
import { FnError } from "./errors.ts";

/** A named group of functions with shared configuration. */
export interface App {
  readonly id: string;
  /** Unique; 1 to 30 letters, digits, `_` and `-`. Never changes. */
  readonly name: string;
  /** Environment of every container of the app; a function's own config wins over it. */
  readonly config: Config;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Environment variables by name. */
export type Config = Readonly<Record<string, string>>;

const APP_NAME_LENGTH_MAX = 30;

/** Refuses a name that no app may have: missing, too long, wrong characters, in this order. */
export function validateAppName(name: string): void {
  if (name === "") throw new FnError("app_name_missing");
  if (Buffer.byteLength(name) > APP_NAME_LENGTH_MAX) throw new FnError("app_name_too_long");
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new FnError("app_name_invalid", {}, { hint: "Use letters, digits, _ and - only." });
  }
}

/** The app after a change of its config; the same object when that changes nothing, so that no time moves. */
export function changeApp(app: App, change: Config, nowMs: number): App {
  const config = mergeConfig(app.config, change);
  return isDeepStrictEqual(config, app.config) ? app : { ...app, config, updatedAtMs: nowMs };
}

/** A config after a change: a text sets its key, an empty text removes it, keys not named stay. */
export function mergeConfig(config: Config, change: Config): Config {
  const merged = { ...config, ...change };
  return Object.fromEntries(
    Object.entries(merged).filter(([key, value]) => value !== "" || !Object.hasOwn(change, key)),
  );
}
