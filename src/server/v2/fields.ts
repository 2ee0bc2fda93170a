import Type from "typebox";
import { type Annotations, SHAPES } from "../../model/annotations.ts";
import { time } from "../api/api.ts";
import { mapOf } from "../api/body.ts";

/** Fields that several things have. */

export const Id = Type.String({ description: "26 characters, made by the server" });

export const IdInput = Type.String({ description: "Not for a new one; in a change, that of the URL" });

export const Config = mapOf(Type.String(), "Environment. In a change, an empty text removes a key");

export const AnnotationsField = Type.Unsafe<Annotations>(
  mapOf(Type.Unknown(), "Notes: any JSON by key. In a change, an empty text or null removes a key"),
);

export const Shape = Type.String({ description: `Kept as a note: ${SHAPES.join(", ")}` });

export const Times = {
  created_at: time("When it was made"),
  updated_at: time("When it last changed"),
};

export function viewTimes({ createdAtMs, updatedAtMs }: { createdAtMs: number; updatedAtMs: number }) {
  return { created_at: new Date(createdAtMs).toISOString(), updated_at: new Date(updatedAtMs).toISOString() };
}
