/** What OpenAPI 3.1 allows, as far as we use it: anything else in a document is a mistake. */
import Type from "typebox";

const Text = Type.String({ minLength: 1 });

/** A JSON Schema of the draft 2020-12, of the words that the API uses. */
const Schema = Type.Cyclic(
  {
    Schema: Type.Partial(
      Type.Object({
        $ref: Type.String({ pattern: "^#/components/schemas/[\\w.-]+$" }),
        title: Text,
        description: Text,
        type: Type.Enum(["string", "integer", "number", "boolean", "object", "array", "null"]),
        format: Type.Enum(["date-time"]),
        enum: Type.Array(Type.Unknown(), { minItems: 1 }),
        const: Type.Unknown(),
        anyOf: Type.Array(Type.Ref("Schema"), { minItems: 1 }),
        properties: Type.Record(Type.String(), Type.Ref("Schema")),
        required: Type.Array(Type.String(), { uniqueItems: true }),
        additionalProperties: Type.Union([Type.Boolean(), Type.Ref("Schema")]),
        items: Type.Ref("Schema"),
        minItems: Type.Integer({ minimum: 0 }),
        minimum: Type.Number(),
        maximum: Type.Number(),
      }),
      { additionalProperties: false },
    ),
  },
  "Schema",
);

const Content = Type.Record(
  Type.String({ pattern: "^[\\w*]+/[\\w*.+-]+$" }),
  Type.Object({ schema: Schema }, { additionalProperties: false }),
  { additionalProperties: false },
);

const Parameter = Type.Object(
  {
    name: Text,
    in: Type.Enum(["path", "query", "header"]),
    required: Type.Optional(Type.Boolean()),
    description: Text,
    schema: Schema,
  },
  { additionalProperties: false },
);

const Operation = Type.Object(
  {
    summary: Text,
    tags: Type.Array(Text, { minItems: 1 }),
    parameters: Type.Optional(Type.Array(Parameter)),
    requestBody: Type.Optional(
      Type.Object(
        { content: Content, required: Type.Optional(Type.Boolean()) },
        { additionalProperties: false },
      ),
    ),
    responses: Type.Record(
      Type.String({ pattern: "^([1-5](\\d\\d|XX)|default)$" }),
      Type.Object({ description: Text, content: Type.Optional(Content) }, { additionalProperties: false }),
      { additionalProperties: false, minProperties: 1 },
    ),
  },
  { additionalProperties: false },
);

export const OpenApi31 = Type.Object(
  {
    openapi: Type.String({ pattern: "^3\\.1\\.\\d+$" }),
    info: Type.Object(
      {
        title: Text,
        version: Text,
        description: Text,
        license: Type.Object({ name: Text, identifier: Text }, { additionalProperties: false }),
      },
      { additionalProperties: false },
    ),
    tags: Type.Array(Type.Object({ name: Text, description: Text }, { additionalProperties: false })),
    paths: Type.Record(
      Type.String({ pattern: "^/" }),
      Type.Record(Type.String({ pattern: "^(get|put|post|delete|options|head|patch|trace)$" }), Operation, {
        additionalProperties: false,
        minProperties: 1,
      }),
      { additionalProperties: false },
    ),
    components: Type.Object(
      {
        schemas: Type.Record(Type.String({ pattern: "^[\\w.-]+$" }), Schema, { additionalProperties: false }),
        securitySchemes: Type.Record(
          Type.String({ pattern: "^[\\w.-]+$" }),
          Type.Object(
            { type: Type.Literal("http"), scheme: Type.Literal("bearer"), description: Text },
            { additionalProperties: false },
          ),
        ),
      },
      { additionalProperties: false },
    ),
    security: Type.Array(Type.Record(Type.String(), Type.Array(Type.String()))),
  },
  { additionalProperties: false },
);
