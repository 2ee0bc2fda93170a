import Type from "typebox";
import { FnError } from "../../model/errors.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, operation } from "./api.ts";
import { contentTypeOf } from "./call-view.ts";
import { CallParams } from "./calls.ts";

const RawAnswer = {
  content: {
    "*/*": { schema: Type.Unsafe<Uint8Array>({ description: "What was kept of the body, as it is" }) },
  },
};

/**
 * `/v1/apps/{app}/calls/{call}/answer`: the body that a function answered to an async call, with its content type. The
 * status that the function chose is in `Fn-Http-Status`, and the length of the whole body in `Fn-Body-Bytes`, which is
 * more than is here when only its beginning was kept.
 */
export function serveCallAnswer(api: Api, { store }: ManagementOptions): void {
  api.get(
    "/v1/apps/:app/calls/:call/answer",
    operation("Show the answer to an async call", RawAnswer, { params: CallParams }),
    async ({ params: { app, call } }, reply) => {
      const answer = await store.calls.answer(app, call);
      if (!answer) {
        throw new FnError((await store.calls.get(app, call)) ? "answer_not_found" : "call_not_found");
      }
      return reply
        .headers({
          "Content-Type": contentTypeOf(answer) || "application/octet-stream",
          "Fn-Http-Status": String(answer.status),
          "Fn-Body-Bytes": String(answer.bodyBytes),
          // A function's page must not run with the rights of whoever manages this node.
          "Content-Security-Policy": "sandbox",
          "X-Content-Type-Options": "nosniff",
        })
        .send(Buffer.from(answer.body));
    },
  );
}
