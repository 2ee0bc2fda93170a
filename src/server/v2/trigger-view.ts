import Type, { type Static } from "typebox";
import type { App } from "../../model/app.ts";
import type { Trigger } from "../../model/trigger.ts";
import { withHttpEndpoint } from "./endpoint-urls.ts";
import { AnnotationsField, Id, IdInput, Times, viewTimes } from "./fields.ts";

const settings = {
  name: Type.String({ description: "Letters, numbers, _ and -, at most 255 bytes" }),
  app_id: Type.String({ description: "Id of the app; never changes" }),
  fn_id: Type.String({ description: "Id of the function that it leads to; never changes" }),
  type: Type.String({ description: "http; never changes" }),
  source: Type.String({ description: "Path in the app, from its first slash; unique in the app" }),
  annotations: Type.Optional(AnnotationsField),
};

/** A trigger as callers send it. */
export const TriggerInput = Type.Partial(Type.Object({ id: IdInput, ...settings }), {
  title: "TriggerInput",
});

export const TriggerView = Type.Object({ id: Id, ...settings, ...Times }, { title: "Trigger" });

/** `baseUrl`: where callers reach the trigger. */
export function viewTrigger(trigger: Trigger, app: App, baseUrl: string): Static<typeof TriggerView> {
  return {
    id: trigger.id,
    name: trigger.name,
    app_id: trigger.appId,
    fn_id: trigger.fnId,
    type: trigger.type,
    source: trigger.source,
    annotations: withHttpEndpoint(trigger.annotations, baseUrl, app.name, trigger.source),
    ...viewTimes(trigger),
  };
}
