import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, type TestContext, test } from "node:test";
import type { FastifyInstance, RouteOptions } from "fastify";
import { Value } from "typebox/value";
import { openRig } from "../v1/rig.suite.ts";
import type { Document } from "./document.ts";
import { OpenApi31 } from "./openapi-31.suite.ts";

describe("the OpenAPI document", () => {
  test("is one of OpenAPI 3.1", async (t) => {
    const errors = [...Value.Errors(OpenApi31, await readDocument(t))];
    assert.deepEqual(
      errors.map(({ instancePath, message }) => `${instancePath} ${message}`),
      [],
    );
  });

  test("describes each name in a path, and no other", async (t) => {
    for (const { path, operation } of operationsOf(await readDocument(t))) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const described = operation.parameters?.filter((each) => each.in === "path").map(({ name }) => name);
      assert.deepEqual([...(described ?? [])].sort(), inPath.sort(), path);
    }
  });

  test("refers to schemas that it has, and has none that nothing refers to", async (t) => {
    const document = await readDocument(t);
    const referred = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    const names = new Set([...referred].map((match) => match[1]));
    assert.deepEqual([...names].sort(), Object.keys(document.components.schemas).sort());
  });

  test("has only tags that it explains", async (t) => {
    const document = await readDocument(t);
    const used = new Set(operationsOf(document).flatMap(({ operation }) => operation.tags));
    assert.deepEqual([...used].sort(), document.tags.map(({ name }) => name).sort());
  });

  test("misses no endpoint of the management API", async (t) => {
    const endpoints: string[] = [];
    const noteEndpoints = (message: unknown) => {
      // The one message of this channel (Fastify's reference: Hooks, Diagnostics Channel Hooks).
      const { fastify } = message as { readonly fastify: FastifyInstance };
      fastify.addHook("onRoute", ({ method, url }: RouteOptions) => {
        for (const each of [method].flat()) endpoints.push(`${each} ${url}`);
      });
    };
    subscribe("fastify.initialization", noteEndpoints);
    t.after(() => unsubscribe("fastify.initialization", noteEndpoints));
    const document = await readDocument(t);

    const described = operationsOf(document).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const withoutNames = (endpoint: string) => endpoint.replace(/\{\w+\}|:\w+|\*/g, "{}");
    const known = new Set(described.map(withoutNames));
    assert.ok(endpoints.length > 30);
    assert.deepEqual(
      endpoints.filter((endpoint) => !known.has(withoutNames(endpoint))),
      [],
    );
  });

  test("is the same at each request", async (t) => {
    const { send } = await openRig(t);
    assert.equal((await send("GET", "/openapi.json")).text, (await send("GET", "/openapi.json")).text);
  });
});

describe("the page of the API", () => {
  test("is HTML that loads nothing, and may not", async (t) => {
    const { send } = await openRig(t);
    const { headers, text } = await send("GET", "/openapi");
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.match(String(headers["content-security-policy"]), /^default-src 'none';/);
    assert.doesNotMatch(text, /<(script|link|img|iframe)|url\(|@import/);
  });

  test("has each operation and each schema of the document", async (t) => {
    const { send } = await openRig(t);
    const document: Document = JSON.parse((await send("GET", "/openapi.json")).text);
    const { text } = await send("GET", "/openapi");
    for (const { method, path } of operationsOf(document)) {
      assert.ok(text.includes(`<b>${method.toUpperCase()}</b> <code>${path}</code>`), `${method} ${path}`);
    }
    for (const name of Object.keys(document.components.schemas))
      assert.ok(text.includes(`id="${name}"`), name);
  });

  test("refers only to places that it has", async (t) => {
    const { send } = await openRig(t);
    const { text } = await send("GET", "/openapi");
    for (const [, place] of text.matchAll(/href="#([^"]+)"/g))
      assert.ok(text.includes(`id="${place}"`), `${place}`);
  });
});

async function readDocument(t: TestContext): Promise<Document> {
  const { send } = await openRig(t);
  return JSON.parse((await send("GET", "/openapi.json")).text);
}

function operationsOf({ paths }: Document) {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );
}
