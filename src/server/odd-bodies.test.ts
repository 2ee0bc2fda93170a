/** Odd text in every field of every body: it is refused or kept as it came, and never half of either. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fill, type Ids, ODD, ODD_NAMES, type OddName, openSeeded } from "./odd-text.suite.ts";
import type { Document, Schema } from "./openapi/document.ts";

/** In place of a code: it is kept, and comes back as it was sent. */
const KEPT = "kept";

/** It is kept as the path of a call is read: without its dots. */
const RESOLVED = "resolved";

/** It is kept, and never shown. */
const HIDDEN = "hidden";

/** It is passed over, as anything is that would change what never changes. */
const IGNORED = "ignored";

/** A code for each, or one of the words above. */
type Outcomes = Readonly<Record<OddName, string>>;
/** Those that are not the same everywhere: what is no text, or none that a database can hold, is `invalid_json`. */
type Outcome = Omit<Outcomes, "NUL" | "half a surrogate pair">;

interface Field {
  /** Method and target; `{...}` is the id of what is there. */
  readonly at: string;
  readonly name: string;
  readonly body: (text: string) => object;
  readonly outcome: Outcome;
}

describe("odd text in a body", () => {
  const always = (code: string): Outcome => ({
    "..": code,
    "%2e": code,
    "CR LF": code,
    "10,000 characters": code,
  });
  const long = (code: string, tooLong: string): Outcome => ({
    ...always(code),
    "10,000 characters": tooLong,
  });
  const anything = always(KEPT);
  const annotationKey: Outcome = {
    "..": KEPT,
    "%2e": KEPT,
    "CR LF": "annotation_key_invalid",
    "10,000 characters": "annotation_key_too_long",
  };
  const annotation = long(KEPT, "annotation_value_too_long");
  const image: Outcome = {
    "..": KEPT,
    "%2e": KEPT,
    "CR LF": "image_name_invalid",
    "10,000 characters": "image_name_invalid",
  };

  const app = (at: string, key: string, outcome: Outcome): Field => ({
    at,
    name: `app.${key}`,
    body: (text) => ({ app: { name: at.startsWith("POST") ? "new" : undefined, ...inPlace(key, text) } }),
    outcome,
  });
  const route = (at: string, key: string, outcome: Outcome): Field => ({
    at,
    name: `route.${key}`,
    body: (text) => ({
      route: { path: at.startsWith("POST") ? "/new" : undefined, image: "i", ...inPlace(key, text) },
    }),
    outcome,
  });
  const bare = (at: string, key: string, outcome: Outcome, rest: object = {}): Field => ({
    at,
    name: key,
    body: (text) => ({ ...rest, ...inPlace(key, text) }),
    outcome,
  });

  const ROUTES = [
    "POST /v1/apps/demo/routes",
    "PUT /v1/apps/demo/routes/new",
    "PATCH /v1/apps/demo/routes/x",
  ];
  const newFn = { name: "new", app_id: "{app}", image: "i" };
  const newTrigger = { name: "new", app_id: "{app}", fn_id: "{fn}", type: "http", source: "/new" };
  const newToken = { name: "new", scopes: ["read"] };
  const FNS = [["POST /v2/fns", newFn] as const, ["PUT /v2/fns/{fn}", {}] as const];
  const APPS = [["POST /v2/apps", { name: "new" }] as const, ["PUT /v2/apps/{app}", {}] as const];
  const TRIGGERS = [["POST /v2/triggers", newTrigger] as const, ["PUT /v2/triggers/{trigger}", {}] as const];

  const fields: Field[] = [
    app("POST /v1/apps", "name", long("app_name_invalid", "app_name_too_long")),
    app("PATCH /v1/apps/demo", "name", always("app_name_immutable")),
    ...["POST /v1/apps", "PATCH /v1/apps/demo"].flatMap((at) => [
      app(at, "config.key", anything),
      app(at, "config.value", anything),
      app(at, "secrets.key", anything),
      app(at, "secrets.value", always(HIDDEN)),
    ]),
    route("POST /v1/apps/demo/routes", "path", {
      ...always("route_path_invalid"),
      "CR LF": "route_path_malformed",
    }),
    {
      at: "POST /v1/apps/demo/routes",
      name: "route.path, behind its slash",
      body: (text) => ({ route: { path: `/x/${text}/y`, image: "i" } }),
      outcome: {
        "..": RESOLVED,
        "%2e": KEPT,
        "CR LF": "route_path_malformed",
        "10,000 characters": "route_path_too_long",
      },
    },
    route("PUT /v1/apps/demo/routes/new", "path", always("route_path_immutable")),
    route("PATCH /v1/apps/demo/routes/x", "path", always("route_path_immutable")),
    ...ROUTES.flatMap((at) => [
      route(at, "image", image),
      route(at, "type", always("route_type_invalid")),
      route(at, "format", always("route_format_invalid")),
      route(at, "cpus", always("route_cpus_invalid")),
      route(at, "config.key", anything),
      route(at, "config.value", anything),
      route(at, "secrets.key", anything),
      route(at, "secrets.value", always(HIDDEN)),
      route(at, "headers.key", { ...anything, "CR LF": "route_header_invalid" }),
      route(at, "headers.value", { ...anything, "CR LF": "route_header_invalid" }),
    ]),
    bare("POST /v2/apps", "id", always("app_id_given"), { name: "new" }),
    bare("PUT /v2/apps/{app}", "id", always("app_id_mismatch")),
    bare("POST /v2/apps", "name", long("app_name_invalid", "app_name_too_long")),
    bare("PUT /v2/apps/{app}", "name", always("app_name_immutable")),
    ...APPS.flatMap(([at, rest]) => [
      bare(at, "config.key", anything, rest),
      bare(at, "config.value", anything, rest),
      bare(at, "secrets.key", anything, rest),
      bare(at, "secrets.value", always(HIDDEN), rest),
      bare(at, "annotations.key", annotationKey, rest),
      bare(at, "annotations.value", annotation, rest),
      bare(at, "syslog_url", always("syslog_url_invalid"), rest),
      bare(at, "shape", always("shape_invalid"), rest),
    ]),
    bare("POST /v2/fns", "id", always("fn_id_given"), newFn),
    bare("PUT /v2/fns/{fn}", "id", always("fn_id_mismatch")),
    bare("POST /v2/fns", "app_id", always("app_not_found"), newFn),
    bare("POST /v2/fns", "name", long("fn_name_invalid", "fn_name_too_long"), newFn),
    ...FNS.flatMap(([at, rest]) => [
      bare(at, "image", image, rest),
      bare(at, "type", always("fn_type_invalid"), rest),
      bare(at, "format", always("fn_format_invalid"), rest),
      bare(at, "cpus", always("route_cpus_invalid"), rest),
      bare(at, "config.key", anything, rest),
      bare(at, "config.value", anything, rest),
      bare(at, "secrets.key", anything, rest),
      bare(at, "secrets.value", always(HIDDEN), rest),
      bare(at, "annotations.key", annotationKey, rest),
      bare(at, "annotations.value", annotation, rest),
      bare(at, "shape", always("shape_invalid"), rest),
    ]),
    bare("PUT /v2/fns/{fn}", "name", always(IGNORED)),
    bare("PUT /v2/fns/{fn}", "app_id", always(IGNORED)),
    bare("PUT /v2/triggers/{trigger}", "app_id", always(IGNORED)),
    bare("PUT /v2/triggers/{trigger}", "fn_id", always("fn_not_found")),
    bare("PUT /v2/triggers/{trigger}", "type", always(IGNORED)),
    bare("POST /v2/triggers", "id", always("trigger_id_given"), newTrigger),
    bare("PUT /v2/triggers/{trigger}", "id", always("trigger_id_mismatch")),
    bare("POST /v2/triggers", "app_id", always("app_not_found"), newTrigger),
    bare("POST /v2/triggers", "fn_id", always("fn_not_found"), newTrigger),
    bare("POST /v2/triggers", "type", always("trigger_type_unsupported"), newTrigger),
    ...TRIGGERS.flatMap(([at, rest]) => [
      bare(at, "name", long("trigger_name_invalid", "trigger_name_too_long"), rest),
      bare(at, "source", always("trigger_source_unrooted"), rest),
      {
        at,
        name: "source, behind its slash",
        body: (text: string) => ({ ...rest, source: `/x/${text}/y` }),
        outcome: {
          "..": "trigger_source_invalid",
          "%2e": KEPT,
          "CR LF": "trigger_source_invalid",
          "10,000 characters": "trigger_source_too_long",
        },
      },
      bare(at, "annotations.key", annotationKey, rest),
      bare(at, "annotations.value", annotation, rest),
    ]),
    bare(
      "POST /1/tokens",
      "name",
      { "..": KEPT, "%2e": KEPT, "CR LF": "token_name_invalid", "10,000 characters": "token_name_invalid" },
      newToken,
    ),
    {
      at: "POST /1/tokens",
      name: "scopes",
      body: (text) => ({ ...newToken, scopes: [text] }),
      outcome: always("invalid_json"),
    },
  ];

  test("is looked at in every field that there is", async (t) => {
    const { send } = await openSeeded(t);
    const document: Document = JSON.parse((await send("GET", "/openapi.json")).text);
    assert.deepEqual(
      textFields(document).filter(
        ({ pattern, name }) => !fields.some((each) => pattern.test(each.at) && isPartOf(each.name, name)),
      ),
      [],
    );
  });

  for (const { at, name, body, outcome } of fields) {
    const outcomes: Outcomes = { NUL: "invalid_json", "half a surrogate pair": "invalid_json", ...outcome };
    const bodyWith = (text: string, ids: Ids) =>
      fill(JSON.stringify(body("ODD")), ids).replace("ODD", () => inJson(text));

    const isTaken = (odd: OddName) => [KEPT, RESOLVED, HIDDEN, IGNORED].includes(outcomes[odd]);

    test(`${at}: ${name}`, async (t) => {
      let rig = await openSeeded(t);
      const ask = async (text: string) => {
        const [method = "", target = ""] = fill(at, rig.ids).split(" ");
        return await rig.send(method, target, bodyWith(text, rig.ids));
      };

      const before = await rig.stored();
      for (const odd of ODD_NAMES.filter((each) => !isTaken(each))) {
        const { status, text } = await ask(ODD[odd]);
        assert.deepEqual([odd, codeOf(text)], [odd, outcomes[odd]], text.slice(0, 200));
        assert.ok(status >= 400 && status < 500, `${odd}: ${status}`);
      }
      assert.deepEqual(await rig.stored(), before);

      for (const odd of ODD_NAMES.filter(isTaken)) {
        const { status, text } = await ask(ODD[odd]);
        assert.equal(status, 200, `${odd}: ${text.slice(0, 200)}`);
        assert.equal(
          text.includes(inJson(ODD[odd])),
          outcomes[odd] === KEPT,
          `${odd}: ${text.slice(0, 200)}`,
        );
        // What was made is there now, and cannot be made again.
        if (at.startsWith("POST")) rig = await openSeeded(t);
      }
    });
  }
});

/** A text as the value of a setting, or as a key or a value of one that is a map. */
function inPlace(name: string, text: string): object {
  const [setting = "", place] = name.split(".");
  if (place === undefined) return { [setting]: text };
  const wrap = (value: string) => (setting === "headers" ? [value] : value);
  return { [setting]: place === "key" ? { [text]: wrap("v") } : { K: wrap(text) } };
}

/** As it stands within a text of JSON. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** /v1 has an envelope around its errors, /v2 has none. */
function codeOf(text: string): string {
  const body: { code?: string; error?: { code: string } } = JSON.parse(text);
  return body.error?.code ?? body.code ?? "none";
}

/** `headers.key` is part of `headers`. */
function isPartOf(part: string, name: string): boolean {
  return part.replace(/\.(key|value)$/, "").replace(/, behind its slash$/, "") === name;
}

/** Fields of bodies that hold text, or may: all but numbers. What runners send has tests of its own (v1/runner.test.ts). */
function textFields({ paths, components }: Document): { readonly pattern: RegExp; readonly name: string }[] {
  const namesIn = (schema: Schema): string[] => {
    const { $ref, properties = {} } = schema;
    if ($ref !== undefined) return namesIn(components.schemas[$ref.replace(/^.*\//, "")] ?? {});
    return Object.entries(properties).flatMap(([name, each]) => {
      const within = namesIn(each).map((inner) => `${name}.${inner}`);
      if (within.length > 0) return within;
      return each.type === "integer" ? [] : [name];
    });
  };
  return Object.entries(paths)
    .filter(([path]) => !path.startsWith("/v1/runner/") && /^\/(v1|v2|1\/tokens)/.test(path))
    .flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { requestBody }]) => {
        const pattern = new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "[^/]+")}$`);
        const schema = requestBody?.content["application/json"]?.schema ?? {};
        return namesIn(schema).map((name) => ({ pattern, name }));
      }),
    );
}
