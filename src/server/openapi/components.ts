import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "../../model/json.ts";
import type { Document, Schema } from "./document.ts";

/**
 * The document with every schema that has a title under `components`, once, and references to it in its place. Two schemas
 * that are not the same must not have the same title: this throws.
 */
export function nameSchemas(document: Document): Document {
  const named = new Map<string, Schema>();

  const visit = (value: unknown, isSchema: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => visit(item, isSchema));
    if (!isJsonObject(value)) return value;
    const { title } = value;
    const visited = Object.fromEntries(
      // What `properties` holds are names, one of which may be "title".
      Object.entries(value).map(([key, each]) => [key, visit(each, key !== "properties")]),
    );
    if (!isSchema || typeof title !== "string") return visited;
    const known = named.get(title);
    if (known && !isDeepStrictEqual(known, visited)) throw new Error(`Two schemas are called ${title}`);
    named.set(title, visited);
    return { $ref: `#/components/schemas/${title}` };
  };

  // What comes out has the shape of what went in, with references for schemas.
  const paths = visit(document.paths, true) as Document["paths"];
  const schemas = Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...document, paths, components: { ...document.components, schemas } };
}
