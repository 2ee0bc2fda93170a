import Type from "typebox";
import type { Api } from "../api/api.ts";
import { idOf, Nothing, operation } from "./api.ts";

const params = idOf("fn");
const callParams = Type.Object({
  ...params.properties,
  call: Type.String({ description: "Id of the call" }),
});

/** `/v2/fns/{id}/calls`: today's Fn has given them up, and says so. Calls are to be found under `/v1/apps/{app}/calls`. */
export function serveFnCalls(api: Api): void {
  const gone = { 410: Nothing };
  api.get(
    "/fns/:id/calls",
    operation("Calls are listed under /v1/apps/{app}/calls", gone, { params }),
    async (_, reply) => reply.code(410).send(),
  );
  api.get(
    "/fns/:id/calls/:call",
    operation("Calls are shown under /v1/apps/{app}/calls", gone, { params: callParams }),
    async (_, reply) => reply.code(410).send(),
  );
  api.get(
    "/fns/:id/calls/:call/log",
    operation("Logs are shown under /v1/apps/{app}/calls", gone, { params: callParams }),
    async (_, reply) => reply.code(410).send(),
  );
}
