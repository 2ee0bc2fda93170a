/** The document against a running node: what it says of each operation is what comes. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { after, describe, test } from "node:test";
import Schema from "typebox/schema";
import type { Document, Schema as DocumentSchema, Operation } from "./document.ts";
import { type Example, examples } from "./examples.suite.ts";
import { type SeededNode, startSeededNode } from "./node.suite.ts";

/** Serves those requests that leave it as it is. */
const shared = await startSeededNode({ after });
// It is one, as openapi.test.ts shows.
const document = (await (await fetch(`${shared.baseUrl}/openapi.json`)).json()) as Document;
const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
  Object.entries(byMethod).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);

const components = { schemas: mapValues(document.components.schemas, closed) };

/** What is not there, these make. */
const MAKERS: ReadonlySet<string> = new Set([
  "POST /v1/apps/{app}/routes",
  "PUT /v1/apps/{app}/routes/{route}",
]);

describe("what the OpenAPI document says comes", () => {
  for (const { name, operation } of operations) {
    test(name, async (t) => {
      const changesNothing = name.startsWith("GET ") || operation.tags.includes("calls");
      const node = changesNothing ? shared : await startSeededNode(t);
      const answer = await send(node, name, await exampleOf(node, name));
      assert.ok(answer.status < 400 || answer.status === 410, `${answer.status} ${answer.body}`);
      assertDescribed(operation, answer);
    });
  }
});

describe("what the OpenAPI document says of refusals comes", () => {
  for (const { name, operation } of operations) {
    if (!operation.requestBody?.content["application/json"]) continue;
    test(`${name}, with a body that is no JSON`, async () => {
      const answer = await send(shared, name, { params: noneOf(name), body: "{" });
      assert.equal(answer.status, 400);
      assertDescribed(operation, answer);
    });
  }

  for (const { name, operation } of operations) {
    const isAboutSomething = name.includes("{") && !operation.responses["410"] && !MAKERS.has(name);
    if (!isAboutSomething) continue;
    test(`${name}, of what is not there`, async (t) => {
      // With a token there, the others would need one.
      const node = name.includes("/tokens/") ? await startSeededNode(t) : shared;
      const example = await exampleOf(node, name);
      const answer = await send(node, name, { ...example, params: noneOf(name) });
      assert.equal(answer.status, 404);
      assertDescribed(operation, answer);
    });
  }
});

function noneOf(name: string): Record<string, string> {
  return Object.fromEntries([...name.matchAll(/\{(\w+)\}/g)].map((match) => [match[1], "none"]));
}

interface Answer {
  readonly status: number;
  /** Without parameters; empty when there is none. */
  readonly type: string;
  readonly body: string;
}

function assertDescribed({ responses }: Operation, { status, type, body }: Answer): void {
  const described = responses[status] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses.default;
  assert.ok(described, `${status} is not described`);
  const { content } = described;
  // An answer to HEAD has the type of a body, and none.
  if (!content || body === "") {
    assert.equal(body, "");
    return;
  }
  const schema = (content[type] ?? content["*/*"])?.schema;
  assert.ok(schema, `${status} of ${type} is not described`);
  const value: unknown = type === "application/json" ? JSON.parse(body) : body;
  const [isValid, errors] = Schema.Errors({ ...closed(schema), components }, value);
  assert.ok(isValid, errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join("; "));
}

/** A schema by which an object has no names but those that are described. */
function closed(schema: DocumentSchema): DocumentSchema {
  const { properties, items, anyOf, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties && { properties: mapValues(properties, closed) }),
    ...(properties && additionalProperties === undefined && { additionalProperties: false }),
    ...(typeof additionalProperties === "object" && { additionalProperties: closed(additionalProperties) }),
    ...(items && { items: closed(items) }),
    ...(anyOf && { anyOf: anyOf.map(closed) }),
  };
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

async function exampleOf(node: SeededNode, name: string): Promise<Example> {
  const example = examples[name];
  assert.ok(example, `${name} needs an example in examples.suite.ts`);
  return await example(node);
}

async function send(
  { baseUrl }: SeededNode,
  name: string,
  { params = {}, query = "", body, headers, isEndless = false }: Example,
) {
  const [method = "", path = ""] = name.split(" ");
  const target = path.replace(/\{(\w+)\}/g, (_, param: string) => {
    const value = params[param];
    assert.ok(value !== undefined, `${name} needs an example of ${param}`);
    return encodeURIComponent(value);
  });
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(baseUrl + target + query, { method, headers, agent: false }, async (response) => {
      const [type = ""] = (response.headers["content-type"] ?? "").split(";");
      if (isEndless) response.once("data", () => response.destroy());
      const whole = text(response).catch((error) => (isEndless ? "" : Promise.reject(error)));
      resolve({ status: response.statusCode ?? 0, type, body: await whole });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
