/** What a deployment changes on a server: found out and shown first, then done. */
import { isDeepStrictEqual } from "node:util";
import { parseCpus } from "../../model/route.ts";
import type { ApiClient } from "../api/api-client.ts";
import { EVERYTHING } from "../api/json-api.ts";
import type { FnChange, FnResource, RouteChange, TriggerResource } from "../api/resources.ts";
import type { FuncSettings } from "./func-schema.ts";
import type { Project } from "./project.ts";

export interface Plan {
  /** `function hello` or `route /hello`. */
  readonly title: string;
  /** What becomes different, a line each; empty when all is as it should be. */
  readonly changes: readonly string[];
  /** What the server has beside, and keeps: triggers that the function file does not name, a line each. */
  readonly kept: readonly string[];
  /** The paths under which it is called. */
  readonly paths: readonly string[];
  /** Does it. What answers now answers until one request has changed it as a whole. */
  apply(): Promise<void>;
}

/** Functions of files with `schema_version`, or with nothing of 2018 in them, have triggers; others are routes. */
export function isRoute({ schema_version, path, format, headers }: FuncSettings): boolean {
  return schema_version === undefined && [path, format, headers].some((each) => each !== undefined);
}

/** What a function is called on the server: without the registry that the name of its image may begin with. */
export function fnName({ name }: Project): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** The name under which copies and messages know what is deployed. */
export function deployedName(project: Project): string {
  return isRoute(project.settings) ? project.path : fnName(project);
}

/** Where it is called: the first of its triggers, or its route. */
export function calledPath({ path, settings }: Project): string {
  return settings.triggers?.[0]?.source ?? path;
}

/** The deployment of a function with this image. */
export function makePlan(api: ApiClient, app: string, project: Project, image: string): Promise<Plan> {
  return isRoute(project.settings) ? planRoute(api, app, project, image) : planFn(api, app, project, image);
}

async function planFn(api: ApiClient, appName: string, project: Project, image: string): Promise<Plan> {
  const { apps, fns, triggers } = api;
  const { settings } = project;
  const name = fnName(project);
  const change: FnChange = { ...commonSettings(settings, image), annotations: settings.annotations };
  const app = await apps.find(appName);
  const fn = app && (await fns.find(app.id, name));
  const present = fn ? (await triggers.list(fn.app_id, fn.id, EVERYTHING)).items : [];
  const wanted = settings.triggers ?? [{ name, source: project.path }];
  const missing = wanted.filter(({ source }) => !present.some((trigger) => trigger.source === source));
  const kept = present.filter(
    (trigger) => !wanted.some((each) => each.source === trigger.source || each.name === trigger.name),
  );
  return {
    title: `function ${name}`,
    changes: [
      ...(app ? [] : [`app: ${appName} (new)`]),
      ...differences(fn ?? {}, change),
      ...missing.map((trigger) => triggerLine(trigger, present)),
    ],
    kept: kept.map(
      (trigger) => `trigger: ${trigger.name} at ${trigger.source} (stays, though not in the file)`,
    ),
    paths: wanted.map(({ source }) => source),
    async apply() {
      const { id } = app ?? (await apps.create(appName, {}));
      if (fn && differences(fn, change).length > 0) await fns.update(fn, change);
      const deployed = fn ?? (await fns.create(id, name, change));
      for (const trigger of missing) await placeTrigger(api, deployed, present, trigger);
    },
  };
}

type WantedTrigger = NonNullable<FuncSettings["triggers"]>[number];

function triggerLine({ name, source }: WantedTrigger, present: readonly TriggerResource[]): string {
  const old = present.find((trigger) => trigger.name === name);
  return old ? `trigger: ${name} at ${old.source} -> ${source}` : `trigger: ${name} at ${source} (new)`;
}

/** A trigger of that name moves to its new path. */
async function placeTrigger(
  { triggers }: ApiClient,
  fn: FnResource,
  present: readonly TriggerResource[],
  wanted: WantedTrigger,
) {
  const { name, type = "http", source, annotations } = wanted;
  const old = present.find((trigger) => trigger.name === name);
  if (old) await triggers.update(old, { source, annotations });
  else await triggers.create(fn, name, { type, source, annotations });
}

async function planRoute(
  { apps, routes }: ApiClient,
  app: string,
  project: Project,
  image: string,
): Promise<Plan> {
  const { settings } = project;
  const change: RouteChange = { ...commonSettings(settings, image), headers: headerLists(settings.headers) };
  const isThere = (await apps.find(app)) !== undefined;
  const listed = isThere ? (await routes.list(app, EVERYTHING)).items : [];
  const route = listed.find(({ path }) => path === project.path);
  return {
    title: `route ${project.path}`,
    changes: [...(isThere ? [] : [`app: ${app} (new)`]), ...differences(route ?? {}, change)],
    kept: [],
    paths: [project.path],
    async apply() {
      // The server makes the app with its first route.
      if (route) await routes.update(app, project.path, change);
      else await routes.create(app, { ...change, path: project.path });
    },
  };
}

function commonSettings(settings: FuncSettings, image: string): FnChange {
  const { type, format, memory, cpus, timeout, idle_timeout, retries, retry_delay, config } = settings;
  return {
    image,
    type,
    format,
    memory,
    cpus: cpus === undefined ? undefined : String(cpus),
    timeout,
    idle_timeout,
    retries,
    // Without retries it says nothing, and the server does not show it.
    retry_delay: retries ? retry_delay : undefined,
    config: config && Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)])),
  };
}

function headerLists(headers: FuncSettings["headers"]): RouteChange["headers"] {
  return (
    headers && Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()]))
  );
}

/** `memory: 128 -> 256` for each setting that is not yet as wanted. Maps are changed key by key. */
export function differences(present: Readonly<Record<string, unknown>>, wanted: object): string[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    const before = present[name];
    if (value === undefined || isSame(name, before, value)) return [];
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return [line(name, before, value)];
    const map = typeof before === "object" && before !== null ? { ...before } : {};
    return differences(map, value).map((inner) => `${name}.${inner}`);
  });
}

function isSame(name: string, before: unknown, after: unknown): boolean {
  if (name === "cpus") return parseCpus(String(before ?? "")) === parseCpus(String(after));
  if (name === "retries") return (before ?? 0) === after;
  return (
    isDeepStrictEqual(before, after) || (Array.isArray(before) && isDeepStrictEqual(before, [after].flat()))
  );
}

function line(name: string, before: unknown, after: unknown): string {
  return before === undefined ? `${name}: ${after}` : `${name}: ${before} -> ${after}`;
}
