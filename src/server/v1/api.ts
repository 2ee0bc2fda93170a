import Type from "typebox";
import { ErrorFields } from "../api/api.ts";

export { type Api, filled, time } from "../api/api.ts";

/** The options of an endpoint: what it does in a few words, what it answers, and what it reads. */
export function operation<Answer, Input extends object>(summary: string, answer: Answer, input: Input) {
  return { schema: { summary, ...input, response: { 200: answer, "4xx": V1Error, "5xx": V1Error } } };
}

/** The body of every refusal. */
export const V1Error = Type.Object({ error: Type.Object(ErrorFields) }, { title: "V1Error" });

/** The answer of an endpoint that has nothing to show. */
export const MessageAnswer = Type.Object({ message: Type.String() });

export const AppParams = Type.Object({ app: Type.String({ description: "Name of the app" }) });
