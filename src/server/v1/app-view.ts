import Type, { type Static } from "typebox";
import type { App } from "../../model/app.ts";
import { mapOf } from "../api/body.ts";
import { SecretNames, SecretsInput, secretNames } from "../api/secrets.ts";
import { filled, time } from "./api.ts";

const settings = {
  name: Type.String({ description: "1 to 30 letters, digits, _ and -; never changes" }),
  config: Type.Optional(
    mapOf(Type.String(), "Environment of the app's containers. In a change, an empty text removes a key"),
  ),
};

/** An app as callers send it. */
export const AppInput = Type.Partial(Type.Object({ ...settings, secrets: SecretsInput }), {
  title: "V1AppInput",
});

export const AppView = Type.Object(
  {
    ...settings,
    secret_names: SecretNames,
    created_at: time("When the app was made"),
    updated_at: time("When it last changed"),
  },
  { title: "V1App" },
);

export function viewApp(app: App): Static<typeof AppView> {
  return {
    name: app.name,
    config: filled(app.config),
    secret_names: secretNames(app.secrets),
    created_at: new Date(app.createdAtMs).toISOString(),
    updated_at: new Date(app.updatedAtMs).toISOString(),
  };
}
