import Type from "typebox";
import { FnError } from "../../model/errors.ts";
import { changeFn, type Fn, newFn } from "../../model/fn.ts";
import type { Api } from "../api/api.ts";
import { PageQuery } from "../api/paging.ts";
import type { ManagementOptions } from "../management.ts";
import { idOf, listOf, NameQuery, Nothing, operation } from "./api.ts";
import { requireApp } from "./apps.ts";
import { createBaseUrl } from "./endpoint-urls.ts";
import { FnInput, FnView, readFnChange, viewFn } from "./fn-view.ts";
import { listPage, refuseGivenId, refuseOtherId } from "./requests.ts";

const FnsQuery = Type.Object({
  ...PageQuery.properties,
  app_id: Type.Optional(Type.String({ description: "Id of the app; required" })),
  name: NameQuery,
});
const params = idOf("fn");

/** `/v2/fns`: functions. */
export function serveFns(api: Api, options: ManagementOptions): void {
  const { store, clock, ids, sealSecrets } = options;
  const baseUrlOf = createBaseUrl(options.publicUrl);

  api.get(
    "/fns",
    operation("List the functions of an app", { 200: listOf(FnView) }, { querystring: FnsQuery }),
    async (request) => {
      const { app_id: appId, ...query } = request.query;
      if (!appId) throw new FnError("fn_app_missing");
      const baseUrl = baseUrlOf(request);
      const list = await listPage(
        query,
        (fn: Fn) => viewFn(fn, baseUrl),
        (page) => store.fns.list(appId, page),
      );
      if (list.items.length === 0) await requireApp(store, appId);
      return list;
    },
  );

  api.post("/fns", operation("Create a function", { 200: FnView }, { body: FnInput }), async (request) => {
    const { body } = request;
    refuseGivenId(body, "fn_id_given");
    const chosen = { ...readFnChange(sealSecrets, body), name: body.name ?? "", appId: body.app_id ?? "" };
    // Looked at before the image is asked, which may take long, and spares no check of what it leaves open.
    const { image } = newFn(chosen, {}, "", clock.nowMs());
    const fn = newFn(chosen, await options.imageSettings(image), ids.next(), clock.nowMs());
    await store.fns.insert(fn);
    return viewFn(fn, baseUrlOf(request));
  });

  api.get("/fns/:id", operation("Show a function", { 200: FnView }, { params }), async (request) => {
    const found = await store.fns.get(request.params.id);
    if (!found) throw new FnError("fn_not_found");
    return viewFn(found.fn, baseUrlOf(request));
  });

  api.put(
    "/fns/:id",
    operation("Change a function", { 200: FnView }, { params, body: FnInput }),
    async (request) => {
      const { body } = request;
      const { id } = request.params;
      refuseOtherId(body, id, "fn_id_mismatch");
      const change = readFnChange(sealSecrets, body);
      const fn = await store.fns.update(id, (fn) => changeFn(fn, change, clock.nowMs()));
      return viewFn(fn, baseUrlOf(request));
    },
  );

  api.delete(
    "/fns/:id",
    operation("Remove a function with its triggers", { 204: Nothing }, { params }),
    async (request, reply) => {
      await store.fns.remove(request.params.id);
      return reply.code(204).send();
    },
  );
}
