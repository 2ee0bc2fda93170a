import Type from "typebox";
import type { Secrets } from "../../model/secrets.ts";
import { mapOf } from "./body.ts";

/** Makes texts unreadable to all but the start of a container. */
export type SealSecrets = (plain: Readonly<Record<string, string>>) => Secrets;

/** Secrets as callers send them: they are never shown again. */
export const SecretsInput = Type.Optional(
  mapOf(
    Type.String(),
    "Environment that is never shown again, over the config. In a change, an empty text removes a key",
  ),
);

/** All that is shown of secrets. */
export const SecretNames = Type.Optional(
  Type.Array(Type.String(), { description: "Names of the secrets, in order; absent if there are none" }),
);

/** What a caller sent, fit to be kept; an empty text, which removes a key, stays empty. */
export function sealAll(seal: SealSecrets, plain: Secrets = {}): Secrets {
  const entries = Object.entries(plain);
  const removed = Object.fromEntries(entries.filter(([, text]) => text === ""));
  const set = entries.filter(([, text]) => text !== "");
  return set.length === 0 ? removed : { ...removed, ...seal(Object.fromEntries(set)) };
}

/** The names, sorted; undefined when there are none. */
export function secretNames(secrets: Secrets): string[] | undefined {
  const names = Object.keys(secrets).sort();
  return names.length === 0 ? undefined : names;
}
