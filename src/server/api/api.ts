import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import Type from "typebox";

/** Where endpoints are put: what their schemas say is what their handlers get and may answer. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A time of the API: RFC 3339 with milliseconds. */
export function time(description: string) {
  return Type.String({ description, format: "date-time" });
}

/** Absent instead of empty, as Fn leaves out empty maps. */
export function filled<T extends object>(map: T): T | undefined {
  return Object.keys(map).length === 0 ? undefined : map;
}

/** What every refusal says, whatever its envelope. */
export const ErrorFields = {
  message: Type.String({ description: "A sentence for people" }),
  code: Type.String({ description: "For machines: stays the same when the sentence changes" }),
  fields: Type.Optional(Type.String({ description: "What exactly was wrong" })),
};
