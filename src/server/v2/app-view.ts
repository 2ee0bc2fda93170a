import Type, { type Static } from "typebox";
import type { App, AppChange } from "../../model/app.ts";
import { filled } from "../api/api.ts";
import { type SealSecrets, SecretNames, SecretsInput, sealAll, secretNames } from "../api/secrets.ts";
import { withoutEndpoints } from "./endpoint-urls.ts";
import { AnnotationsField, Config, Id, IdInput, Shape, Times, viewTimes } from "./fields.ts";

const settings = {
  name: Type.String({
    description: "Letters, numbers, _ and -, at most 255 bytes; unique, and never changes",
  }),
  config: Type.Optional(Config),
  annotations: Type.Optional(AnnotationsField),
  syslog_url: Type.Optional(
    Type.String({
      description:
        "Where logs go, too: the URL of a place by udp, tcp, tcp+tls or unix. In a change, an empty text clears it",
    }),
  ),
  shape: Type.Optional(Shape),
};

/** An app as callers send it. */
export const AppInput = Type.Partial(Type.Object({ id: IdInput, ...settings, secrets: SecretsInput }), {
  title: "AppInput",
});

export const AppView = Type.Object(
  { id: Id, ...settings, secret_names: SecretNames, ...Times },
  { title: "App" },
);

export function viewApp(app: App): Static<typeof AppView> {
  return {
    id: app.id,
    name: app.name,
    config: filled(app.config),
    annotations: filled(app.annotations),
    syslog_url: app.syslogUrl || undefined,
    shape: app.shape,
    secret_names: secretNames(app.secrets),
    ...viewTimes(app),
  };
}

/** What a caller chose. */
export function readAppChange(seal: SealSecrets, input: Static<typeof AppInput>): AppChange {
  return {
    config: input.config,
    secrets: sealAll(seal, input.secrets),
    annotations: withoutEndpoints(input.annotations),
    syslogUrl: input.syslog_url,
    shape: input.shape,
  };
}
