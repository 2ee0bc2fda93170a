import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nameSchemas } from "./components.ts";
import type { Document, Schema } from "./document.ts";

const NAME = { title: "Name", type: "string" };
const THING = { title: "Thing", type: "object", properties: { name: NAME } };

describe("schemas of a document", () => {
  test("with a title are under components, once, with references in their place", () => {
    const { paths, components } = nameSchemas(documentOf({ "/a": THING, "/b": { anyOf: [THING, NAME] } }));
    const [a, b] = Object.values(paths).map((path) => path.get?.responses[200]?.content?.json?.schema);
    const thing = { $ref: "#/components/schemas/Thing" };
    const name = { $ref: "#/components/schemas/Name" };
    assert.deepEqual([a, b], [thing, { anyOf: [thing, name] }]);
    assert.deepEqual(components.schemas, { Name: NAME, Thing: { ...THING, properties: { name } } });
  });

  test("without one stay where they are", () => {
    const document = documentOf({ "/a": { type: "object", properties: { title: { type: "string" } } } });
    assert.deepEqual(nameSchemas(document), document);
  });

  test("may not share a title unless they are the same", () => {
    const document = documentOf({ "/a": THING, "/b": { title: "Thing", type: "string" } });
    assert.throws(() => nameSchemas(document), /Two schemas are called Thing/);
  });
});

function documentOf(schemas: Readonly<Record<string, Schema>>): Document {
  const operation = (schema: Schema) => ({
    summary: "Do it",
    tags: [],
    responses: { 200: { description: "Done", content: { json: { schema } } } },
  });
  return {
    openapi: "3.1.0",
    info: { title: "test", version: "1", description: "" },
    tags: [],
    paths: Object.fromEntries(
      Object.entries(schemas).map(([path, schema]) => [path, { get: operation(schema) }]),
    ),
    components: { schemas: {} },
  };
}
