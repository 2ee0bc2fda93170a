import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { FnError } from "../../model/errors.ts";
import { isJsonObject } from "../../model/json.ts";
import { readBody } from "./body.ts";

/** How Fastify reads what the schema of an endpoint describes. In contrast to its own way nothing is converted. */
export const compileInput: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === "body") return (body: Uint8Array) => valueOrError(() => readBody(schema, body));
  if (httpPart === "querystring") return (query: unknown) => ({ value: firstValues(query) });
  // Parameters of the path are texts already.
  return () => true;
};

function valueOrError<T>(read: () => T): { value: T } | { error: FnError } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof FnError) return { error };
    throw error;
  }
}

/** Of a parameter that comes twice the first one counts, as in Fn. */
function firstValues(query: unknown): Record<string, unknown> {
  if (!isJsonObject(query)) return {};
  const firstOf = (value: unknown) => (Array.isArray(value) ? value[0] : value);
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, firstOf(value)]));
}
