import Type, { type Static } from "typebox";
import type { App } from "../../model/app.ts";
import { filled, time } from "./api.ts";
import { mapOf } from "./body.ts";

const settings = {
  name: Type.String({ description: "1 to 30 letters, digits, _ and -; never changes" }),
  config: Type.Optional(
    mapOf(Type.String(), "Environment of the app's containers. In a change, an empty text removes a key"),
  ),
};

/** An app as callers send it. */
export const AppInput = Type.Partial(Type.Object(settings));

export const AppView = Type.Object({
  ...settings,
  created_at: time("When the app was made"),
  updated_at: time("When its config last changed"),
});

export function viewApp(app: App): Static<typeof AppView> {
  return {
    name: app.name,
    config: filled(app.config),
    created_at: new Date(app.createdAtMs).toISOString(),
    updated_at: new Date(app.updatedAtMs).toISOString(),
  };
}
