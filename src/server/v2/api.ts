import Type, { type TObject } from "typebox";
import { ErrorFields } from "../api/api.ts";

/** The options of an endpoint: what it does in a few words, what it answers by status, and what it reads. */
export function operation<Answers extends object, Input extends object>(
  summary: string,
  answers: Answers,
  input: Input,
) {
  return { schema: { summary, ...input, response: { ...answers, "4xx": V2Error, "5xx": V2Error } } };
}

/** The body of every refusal. */
export const V2Error = Type.Object(ErrorFields, { title: "V2Error" });

/** The body of an answer that has none: to JSON Schema the nearest thing is null. */
export const Nothing = Type.Unsafe<undefined>(Type.Null());

/** One page of a list. */
export function listOf<T extends TObject>(view: T) {
  return Type.Object({
    next_cursor: Type.Optional(
      Type.String({ description: "Cursor of the next page; absent when there is none" }),
    ),
    items: Type.Array(view, { description: "By name" }),
  });
}

/** The parameters of an endpoint that is about one thing. */
export function idOf(thing: string) {
  return Type.Object({ id: Type.String({ description: `Id of the ${thing}` }) });
}

/** Only what has exactly this name. */
export const NameQuery = Type.Optional(Type.String({ description: "Only the one of exactly this name" }));
