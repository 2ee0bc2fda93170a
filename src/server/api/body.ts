import Type, { type Static, type TSchema, type TUnsafe } from "typebox";
import { Value } from "typebox/value";
import { FnError } from "../../model/errors.ts";
import { isJsonObject } from "../../model/json.ts";

/**
 * Reads a request body: one JSON value in UTF-8, whatever its content type says, of the shape of `schema`.
 * As Fn does, it matches names without regard to case, passes over names it does not know, and takes null for
 * absent, or inside a map for the empty value. Nothing is converted: "128" is no number.
 * Errors: `invalid_json`, with a hint that names the part and what it must be.
 */
export function readBody<S extends TSchema>(schema: S, body: Uint8Array): Static<S> {
  const value = conform(schema, parse(body));
  if (!Value.Check(schema, value)) {
    const [error] = Value.Errors(schema, value);
    throw invalid(`${nameOf(error?.instancePath ?? "")} ${error?.message}`);
  }
  refuseOddText(value);
  return value;
}

/** Any names, values of one kind: what a config or a set of headers is. */
export function mapOf<S extends TSchema>(values: S, description: string): TUnsafe<Record<string, Static<S>>> {
  // Type.Record would check only the names that its pattern matches, and that matches no line break.
  return Type.Unsafe(Type.Object({}, { additionalProperties: values, description }));
}

function parse(body: Uint8Array): unknown {
  if (body.length === 0) throw invalid("The body is empty");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

/** The words of JSON Schema that bodies are described with. */
interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape;
  readonly items?: Shape;
}

/** The value with the names that the schema has, and without nulls; what does not fit stays, to be refused. */
function conform(shape: Shape, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = shape;
    return items ? value.map((item) => conformOrEmpty(items, item)) : value;
  }
  if (!isJsonObject(value)) return value;

  const { additionalProperties: values, properties } = shape;
  if (values) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, conformOrEmpty(values, each)]),
    );
  }
  // A shape that says nothing takes anything.
  if (!properties) return value;
  const known = new Map(Object.entries(properties).map(([name, of]) => [name.toLowerCase(), { name, of }]));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const property = known.get(key.toLowerCase());
      return property && each !== null ? [[property.name, conform(property.of, each)]] : [];
    }),
  );
}

function conformOrEmpty(shape: Shape, value: unknown): unknown {
  if (value !== null) return conform(shape, value);
  return shape.type === "array" ? [] : "";
}

/** Far more than annotations need, and little enough for whoever reads a value by recursion. */
const DEPTH_MAX = 100;

/** No environment variable can hold a NUL, and neither can PostgreSQL; half a surrogate pair is no text. */
function refuseOddText(value: unknown, depth = 0): void {
  if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
    throw invalid("Text must be well-formed Unicode without U+0000");
  }
  if (depth > DEPTH_MAX) throw invalid(`Values must be nested ${DEPTH_MAX} deep at most`);
  if (typeof value !== "object" || value === null) return;
  for (const each of Object.entries(value).flat()) refuseOddText(each, depth + 1);
}

/** `/route/headers/X-A/0`, a JSON pointer (RFC 6901), as people write it: `route.headers.X-A.0`. */
function nameOf(pointer: string): string {
  if (pointer === "") return "The body";
  const steps = pointer.slice(1).split("/");
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
}

function invalid(hint: string): FnError {
  return new FnError("invalid_json", {}, { hint });
}
