import type { FastifySchema } from "fastify";
import { isJsonObject } from "../../model/json.ts";

/** What callers find together. */
export const TAGS = [
  { name: "v2", description: "Apps, functions and triggers by their ids, as in today's Fn" },
  { name: "v1", description: "Apps, routes and calls by their names, as in the Fn of January 2018" },
  { name: "calls", description: "Functions are called" },
  { name: "tokens", description: "Who may do what" },
  { name: "node", description: "What a node says of itself" },
] as const;

export type Tag = (typeof TAGS)[number]["name"];

export const REFUSED = "Refused: something about the request is wrong";
export const FAILED = "Failed: through the platform, or for the time being";

/** What an answer of this status says, where nothing more is to be said. */
export function meaningOf(status: string): string {
  return MEANINGS[status] ?? "Answered";
}

const MEANINGS: Readonly<Record<string, string>> = {
  "200": "Done",
  "204": "Done; there is nothing to show",
  "410": "Not kept here",
  "4XX": REFUSED,
  "5XX": FAILED,
};

/** How an endpoint of the router stands in the document: under its tag, and what `*` catches by the name of its title. */
export function describeEndpoint({
  schema = {},
  url,
}: {
  readonly schema?: FastifySchema;
  readonly url: string;
}) {
  const tags = [tagOf(url)];
  const { params } = schema;
  const properties = isJsonObject(params) && isJsonObject(params.properties) ? params.properties : {};
  const { "*": rest, ...named } = properties;
  if (!isJsonObject(rest)) return { schema: { ...schema, tags }, url };

  const { title: name, ...text } = rest;
  if (typeof name !== "string") throw new Error(`What * stands for in ${url} needs a title`);
  const described = { type: "object", properties: { ...named, [name]: text } };
  return { schema: { ...schema, tags, params: described }, url: url.replace(/\*$/, `:${name}`) };
}

function tagOf(url: string): Tag {
  if (url.startsWith("/v2/")) return "v2";
  if (url.startsWith("/1/tokens")) return "tokens";
  return url.startsWith("/v1/") ? "v1" : "node";
}
