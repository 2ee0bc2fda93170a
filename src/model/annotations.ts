import { FnError } from "./errors.ts";
import { isEmpty } from "./keyed.ts";

/** Notes that clients keep with an app, a fn or a trigger: any JSON value by key. They mean nothing to the platform. */
export type Annotations = Readonly<Record<string, unknown>>;

/** Processor architectures that a client may ask for. They are kept and shown, and decide nothing here. */
export const SHAPES = ["GENERIC_X86", "GENERIC_ARM", "GENERIC_X86_ARM"] as const;
export type Shape = (typeof SHAPES)[number];

/** Section 8.2 of the API reference. */
const ANNOTATIONS_MAX = 100;
const KEY_BYTES_MAX = 128;
const VALUE_BYTES_MAX = 512;

/** Refuses annotations that nothing may have, as they would be stored: empty values have no place among them. */
export function validateAnnotations(annotations: Annotations): void {
  for (const [key, value] of Object.entries(annotations)) {
    if (!/^[!-~]+$/.test(key)) throw new FnError("annotation_key_invalid");
    if (key.length > KEY_BYTES_MAX) throw new FnError("annotation_key_too_long", { max: KEY_BYTES_MAX });
    if (isEmpty(value)) throw new FnError("annotation_value_invalid");
    if (Buffer.byteLength(JSON.stringify(value)) > VALUE_BYTES_MAX) {
      throw new FnError("annotation_value_too_long", { max: VALUE_BYTES_MAX });
    }
  }
  if (Object.keys(annotations).length > ANNOTATIONS_MAX) {
    throw new FnError("annotations_too_many", { max: ANNOTATIONS_MAX });
  }
}

/** The shape that a text names; undefined for an empty one, which names none. Errors: `shape_invalid`. */
export function parseShape(text: string): Shape | undefined {
  if (text === "") return undefined;
  const shape = SHAPES.find((known) => known === text);
  if (!shape) throw new FnError("shape_invalid");
  return shape;
}
