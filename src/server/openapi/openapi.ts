import swagger from "@fastify/swagger";
import Type from "typebox";
import type { Api } from "../api/api.ts";
import { nameSchemas } from "./components.ts";
import type { Document } from "./document.ts";
import { describeEndpoint, meaningOf, TAGS } from "./endpoint.ts";
import { pageOf } from "./page.ts";
import { servedElsewhere } from "./served-elsewhere.ts";

const JsonAnswer = Type.Object({}, { additionalProperties: true, description: "An OpenAPI 3.1 document" });
const PageAnswer = { content: { "text/html": { schema: Type.String() } } };

/** Notes every endpoint that is put on `api` from now on, with the schemas that it reads and answers by. */
export async function collectOpenApi(api: Api, version: { readonly hotfn: string }): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "hotfn",
        version: version.hotfn,
        description: "A functions platform: manage apps and functions, and call them.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [...TAGS],
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer", description: "Asked for once the node has tokens" },
        },
      },
      security: [{}, { token: [] }],
    },
    convertConstToEnum: false,
    transform: describeEndpoint,
  });
}

/** `/openapi.json`: all endpoints, in OpenAPI 3.1; `/openapi`: the same as a page for people, which loads nothing else. */
export function serveOpenApi(api: Api): void {
  let document: Document | undefined;
  // Made for the first who asks, when all endpoints are there. The library's type is that of every OpenAPI there is.
  const read = () => (document ??= complete(api.swagger() as unknown as Document));

  api.get(
    "/openapi.json",
    { schema: { summary: "Describe the API", response: { 200: JsonAnswer } } },
    async () => read(),
  );

  api.get(
    "/openapi",
    { schema: { summary: "Describe the API to people", response: { 200: PageAnswer } } },
    async (_, reply) => {
      reply.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
      return reply.type("text/html; charset=utf-8").send(pageOf(read()));
    },
  );
}

function complete(document: Document): Document {
  const paths = Object.entries({ ...document.paths, ...servedElsewhere() }).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [
        method,
        { ...operation, responses: describeAnswers(operation.responses) },
      ]),
    ),
  ]);
  return nameSchemas({ ...document, paths: Object.fromEntries(paths) });
}

/** Each answer needs a sentence (OpenAPI 3.1, 4.8.17), which its status can give. */
function describeAnswers(answers: Document["paths"][string][string]["responses"]) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      answer.description === "Default Response" ? { ...answer, description: meaningOf(status) } : answer,
    ]),
  );
}
