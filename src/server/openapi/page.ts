import type { Content, Document, Operation, Parameter, Schema } from "./document.ts";

/** The document as a page of HTML that loads nothing: no script, no font, no image. */
export function pageOf({ info, tags, paths, components }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    return html`<section id="${tag.name}"><h2>${tag.name}</h2><p>${tag.description}</p>${own.map(operationHtml)}</section>`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => html`<h3 id="${name}">${name}</h3>${schemaHtml(schema)}`,
  );
  const links = [...tags.map(({ name }) => name), "schemas"].map(
    (name) => html`<a href="#${name}">${name}</a> `,
  );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${info.title} API</title><style>${trusted(STYLE)}</style></head>
<body><h1>${info.title} <small>${info.version}</small></h1>
<p>${info.description} The same for programs: <a href="openapi.json">openapi.json</a></p>
<nav>${links}</nav>
${groups}
<section id="schemas"><h2>schemas</h2>${schemas}</section>
</body></html>
`.text;
}

function operationHtml({
  path,
  method,
  operation,
}: {
  path: string;
  method: string;
  operation: Operation;
}): Html {
  const { summary, parameters = [], requestBody, responses } = operation;
  const answers = Object.entries(responses).map(
    ([status, { description, content }]) =>
      html`<tr><td><b>${status}</b></td><td>${description}</td><td>${contentHtml(content)}</td></tr>`,
  );
  return html`<details><summary><b>${method.toUpperCase()}</b> <code>${path}</code> ${summary}</summary>
${parameters.length > 0 ? html`<h4>Parameters</h4><table>${parameters.map(parameterHtml)}</table>` : ""}
${requestBody ? html`<h4>Body</h4>${contentHtml(requestBody.content)}` : ""}
<h4>Answers</h4><table>${answers}</table></details>
`;
}

function parameterHtml({ name, in: place, description = "" }: Parameter): Html {
  return html`<tr><td><code>${name}</code></td><td>${place}</td><td>${description}</td></tr>`;
}

/** The type is said where it is not the usual one. */
function contentHtml(content: Content = {}): Html[] {
  return Object.entries(content).map(
    ([type, { schema }]) =>
      html`${type === "application/json" ? "" : html`<p>${type}</p>`}${schemaHtml(schema)}`,
  );
}

/** The names of an object with what they hold; anything else in a few words. */
function schemaHtml(schema: Schema): Html {
  if (schema.$ref || !schema.properties) return html`<p>${kindOf(schema)} ${schema.description ?? ""}</p>`;
  const { properties, required = [] } = schema;
  const rows = Object.entries(properties).map(
    ([name, property]) => html`<tr><td><code>${name}</code>${required.includes(name) ? "" : " ?"}</td>
<td>${kindOf(property)}</td><td>${property.description ?? ""}</td></tr>`,
  );
  return html`<table>${rows}</table>`;
}

function kindOf(schema: Schema): Html {
  const { $ref, type, items, additionalProperties, anyOf, enum: values, properties } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return html`<a href="#${name}">${name}</a>`;
  }
  if (anyOf) return html`${anyOf.map((each, index) => html`${index > 0 ? " or " : ""}${kindOf(each)}`)}`;
  if (values) return html`${values.map((value) => JSON.stringify(value)).join(" or ")}`;
  if (schema.const !== undefined) return html`${JSON.stringify(schema.const)}`;
  if (items) return html`list of ${kindOf(items)}`;
  if (typeof additionalProperties === "object") return html`map of ${kindOf(additionalProperties)}`;
  if (properties && Object.keys(properties).length > 0) return schemaHtml(schema);
  return html`${schema.format ?? type ?? "anything"}`;
}

/** Text that stands in a page as it is. */
interface Html {
  readonly text: string;
}

type Insert = string | Html | readonly Insert[];

function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return { text: parts.map((part, index) => part + textOf(inserts[index] ?? "")).join("") };
}

function textOf(insert: Insert): string {
  if (typeof insert === "string")
    return insert.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return "text" in insert ? insert.text : insert.map(textOf).join("");
}

function trusted(text: string): Html {
  return { text };
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
small, h4 { color: GrayText; font-weight: normal; margin: .75rem 0 .25rem; }
details { border-top: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); padding: .4rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 5rem; }
table { border-collapse: collapse; }
td { padding: .15rem 1rem .15rem 0; vertical-align: top; }
p { margin: .25rem 0; }
`;
