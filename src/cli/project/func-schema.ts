/** The keys of a function file, of both generations: what is checked, and what editors are told (docs/func.schema.json). */
import Type, { type Static, type TSchema } from "typebox";
import { FN_LIMITS, FN_TYPES, FORMATS } from "../../model/fn.ts";

/** The generation of `func.yaml` with triggers. */
export const SCHEMA_VERSION = 20180708;

/** Where editors find the schema. */
export const SCHEMA_PATH = "./node_modules/hotfn/docs/func.schema.json";

export const RUNTIMES = ["node", "typescript", "python", "go", "docker"] as const;
export type Runtime = (typeof RUNTIMES)[number];

const text = (description: string) => Type.String({ description });
const number = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description });
const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>(Type.Enum([...values], { description }));
const words = (description: string) =>
  Type.Union([Type.String(), Type.Array(Type.String())], { description });
/** What YAML reads as a number or a truth is a text in the environment, too. */
const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

const TestCase = Type.Object(
  {
    name: Type.Optional(text("What the case is called")),
    input: Type.Optional(
      Type.Object({
        body: Type.Optional(Type.Unknown({ description: "A text as it is, anything else as JSON" })),
        headers: Type.Optional(Type.Record(Type.String(), scalar, { description: "Sent with the call" })),
        method: Type.Optional(text("HTTP method; POST unless told")),
        query: Type.Optional(text("Behind the question mark of the URL")),
      }),
    ),
    output: Type.Optional(
      Type.Object({
        body: Type.Optional(Type.Unknown({ description: "Compared as JSON where it is not a text" })),
        status: Type.Optional(number(100, 599, "HTTP status; below 400 unless told")),
      }),
    ),
  },
  { description: "A call, and the answer that is expected" },
);

export const TestCases = Type.Array(TestCase, { description: "Cases for `fn test`" });

const Trigger = Type.Object({
  name: text("Name of the trigger"),
  type: Type.Optional(oneOf(["http"], "http")),
  source: Type.String({ pattern: "^/", description: "Path in the app, from its first slash" }),
  annotations: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

const settings = {
  schema_version: Type.Enum([SCHEMA_VERSION], { description: "The generation of files with triggers" }),
  name: text("Name of the function, and of its image; the folder's unless told"),
  version: Type.String({ pattern: "^\\d+\\.\\d+\\.\\d+$", description: "Tag of the image: a.b.c" }),
  runtime: text(
    `What the function is written for: ${RUNTIMES.join(", ")}; docker for a Dockerfile of its own`,
  ),
  entrypoint: words("Program to run, with its arguments"),
  cmd: words("Arguments behind the entrypoint"),
  build: Type.Array(Type.String(), { description: "Shell lines to run before the image is built" }),
  build_image: text("Image in which the function is built"),
  run_image: text("Image on which it runs"),
  content_type: text("Content type that the function expects"),
  type: oneOf(FN_TYPES, "async: nobody waits for the answer"),
  memory: number(1, FN_LIMITS.memoryMib, "Memory of a container in MiB"),
  cpus: Type.Union([Type.String(), Type.Number()], { description: "Share of cpus: 0.5 or 500m" }),
  format: oneOf(FORMATS, "How calls reach the container"),
  timeout: number(1, FN_LIMITS.timeoutAsyncS, "Longest time of a call in seconds"),
  idle_timeout: number(1, FN_LIMITS.idleTimeoutS, "How long a container without calls is kept, in seconds"),
  retries: number(
    0,
    FN_LIMITS.retries,
    "How often a call that nobody waits for is run again after it failed",
  ),
  retry_delay: number(0, FN_LIMITS.retryDelayS, "Seconds until the first of these; twice as long each time"),
  config: Type.Record(Type.String(), scalar, { description: "Environment of the function" }),
  annotations: Type.Record(Type.String(), Type.Unknown(), { description: "Notes of yours" }),
  path: Type.String({ description: "Path of the route, for functions deployed as routes" }),
  headers: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
    description: "Added to each answer of the route",
  }),
  triggers: Type.Array(Trigger, { description: "HTTP paths that lead to the function" }),
  expects: Type.Object({
    config: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), required: Type.Optional(Type.Boolean()) }), {
        description: "Variables that the function needs",
      }),
    ),
  }),
  signing_details: Type.Unknown(),
  tests: TestCases,
};

/** Keys of others are left alone. */
export const FuncSchema = Type.Partial(Type.Object(settings), {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "A function of hotfn: func.yaml, func.yml or func.json",
});
export type FuncSettings = Static<typeof FuncSchema>;
export type TestCase = Static<typeof TestCase>;

/** What a schema asks for, in words: `a whole number from 1 to 8192`. */
export function expectation(schema: TSchema): string {
  const { type, minimum, maximum, pattern, anyOf, ...rest } = schema as Record<string, unknown>;
  if (Array.isArray(rest.enum))
    return rest.enum.length === 1 ? String(rest.enum[0]) : `one of ${rest.enum.join(", ")}`;
  if (Array.isArray(anyOf)) return anyOf.map((each) => expectation(each)).join(" or ");
  if (type === "integer") return `a whole number from ${minimum} to ${maximum}`;
  if (pattern === "^/") return "a path that starts with a slash";
  if (pattern !== undefined) return "three numbers such as 1.0.12";
  return NAMES_OF_TYPES.get(String(type)) ?? "something else";
}

const NAMES_OF_TYPES = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a map"],
]);
