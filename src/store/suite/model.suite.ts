import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { idStartAt } from "../../clock/ids.ts";
import type { App } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import { triggerPlaceText } from "../../model/trigger.ts";
import { type ModelledStore, ModelStore } from "./model-store.suite.ts";
import {
  sampleApp,
  sampleFn,
  sampleRecord,
  sampleRoute,
  sampleToken,
  sampleTrigger,
} from "./samples.suite.ts";
import type { OpenEmpty } from "./test-store.suite.ts";

const STEPS_MAX = 150;

export function modelSuite(open: OpenEmpty, { runs = 40 } = {}): void {
  test("any sequence of operations has the outcomes that it has on the model", async (t) => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: STEPS_MAX, size: "max" }),
      async (steps) => {
        const model = new ModelStore();
        const store = await open(t);
        for (const [serial, { perform }] of steps.entries()) {
          assert.deepEqual(await outcome(perform(store, serial)), await outcome(perform(model, serial)));
        }
        await store.close();
      },
    );
    await fc.assert(property, { numRuns: runs });
  });
}

/** One operation with its arguments. The serial is its place in the sequence: it makes ids that no other has. */
interface Step {
  readonly perform: (store: ModelledStore, serial: number) => Promise<unknown>;
}

// Few names, so that operations meet. The last two paths sort one way by bytes, the other by JavaScript's halves.
const appName = fc.constantFrom("a", "B");
const path = fc.constantFrom("/", "/\uff5e", "/\u{1f600}");
const fnName = fc.constantFrom("fn", "/");
const triggerName = fc.constantFrom("t", "u");
const place = fc.record({ name: triggerName, id: maybe(fc.constantFrom("trigger-1", "trigger-2")) });
const image = fc.constantFrom("one", "two");
const nodeName = fc.constantFrom("a:1", "b:1");
const tokenId = fc.nat(STEPS_MAX).map((serial) => `token-${serial}`);
const callId = fc.constantFrom(...["0", "1", "A", "a"].map((end) => idStartAt(1) + end));
const timeMs = fc.integer({ min: 0, max: 3 });
const limit = fc.integer({ min: 1, max: 3 });
const value = fc.string({ unit: "binary", maxLength: 3 });

/** More often than others: what is seen of one thing in two ways takes many steps to go wrong. */
const fnStep: fc.Arbitrary<Step> = fc.oneof(
  operation("insert fn", { appName, fnName, image }, async (store, { appName, fnName, image }, serial) => {
    const app = await appOf(store, appName);
    const fn = sampleFn(app, fnName, { id: `fn-${serial}`, image, annotations: { serial } });
    return store.fns.insert(fn);
  }),
  operation("get fn", { appName, fnName }, async (store, { appName, fnName }) =>
    store.fns.get(await fnIdOf(store, appName, fnName)),
  ),
  operation(
    "list fns",
    { appName, after: maybe(fnName), limit, name: maybe(fnName) },
    async (store, { appName, ...page }) => store.fns.list((await appOf(store, appName)).id, page),
  ),
  operation(
    "update fn",
    { appName, fnName, image, value },
    async (store, { appName, fnName, image, value }, serial) =>
      store.fns.update(await fnIdOf(store, appName, fnName), (fn) => ({
        ...fn,
        image,
        secrets: { [value]: value },
        updatedAtMs: serial,
      })),
  ),
  operation("remove fn", { appName, fnName }, async (store, { appName, fnName }) =>
    store.fns.remove(await fnIdOf(store, appName, fnName)),
  ),

  operation(
    "insert trigger",
    { appName, fnApp: appName, fnName, triggerName, path },
    async (store, { appName, fnApp, fnName, triggerName, path }, serial) => {
      const app = await appOf(store, appName);
      const fn = sampleFn(app, fnName, { id: await fnIdOf(store, fnApp, fnName) });
      return store.triggers.insert(sampleTrigger(fn, path, { id: `trigger-${serial}`, name: triggerName }));
    },
  ),
  operation("get trigger", { appName, path }, async (store, { appName, path }) =>
    store.triggers.get(await triggerIdOf(store, appName, path)),
  ),
  operation(
    "list triggers",
    {
      appName,
      after: maybe(place.map(triggerPlaceText)),
      limit,
      fnName: maybe(fnName),
      name: maybe(triggerName),
    },
    async (store, { appName, fnName, ...page }) => {
      const fnId = fnName && (await fnIdOf(store, appName, fnName));
      return store.triggers.list((await appOf(store, appName)).id, { ...page, fnId });
    },
  ),
  operation(
    "update trigger",
    { appName, path, source: path, triggerName, value },
    async (store, { appName, path, source, triggerName, value }) =>
      store.triggers.update(await triggerIdOf(store, appName, path), (trigger) => ({
        ...trigger,
        source,
        name: triggerName,
        annotations: { [value]: [value] },
      })),
  ),
  operation("remove trigger", { appName, path }, async (store, { appName, path }) =>
    store.triggers.remove(await triggerIdOf(store, appName, path)),
  ),

  operation("insert route", { appName, path, image }, ({ routes }, { appName, path, image }, serial) => {
    const app = sampleApp(appName, { id: `app-${serial}` });
    return routes.insert(app, sampleRoute(app, path, { image }));
  }),
  operation("get route", { appName, path }, ({ routes }, { appName, path }) => routes.get(appName, path)),
  operation(
    "list routes",
    { appName, after: maybe(path), limit, image: maybe(image) },
    ({ routes }, { appName, ...page }) => routes.list(appName, page),
  ),
  operation(
    "update route",
    { appName, path, image, value },
    ({ routes }, { appName, path, image, value }, serial) =>
      routes.update(appName, path, ({ fn, trigger }) => ({
        fn: { ...fn, image, updatedAtMs: serial },
        trigger: { ...trigger, headers: { ...trigger.headers, [value]: [value] } },
      })),
  ),
  operation("remove route", { appName, path }, ({ routes }, { appName, path }) =>
    routes.remove(appName, path),
  ),
);

const appOrCallStep: fc.Arbitrary<Step> = fc.oneof(
  operation("insert app", { appName, value }, ({ apps }, { appName, value }, serial) =>
    apps.insert(sampleApp(appName, { id: `app-${serial}`, config: { [value]: value } })),
  ),
  operation("get app", { appName }, ({ apps }, { appName }) => apps.get({ name: appName })),
  operation("list apps", { after: maybe(appName), limit, name: maybe(appName) }, ({ apps }, page) =>
    apps.list(page),
  ),
  operation("update app", { appName, value }, ({ apps }, { appName, value }) =>
    apps.update({ name: appName }, (app) => ({ ...app, config: { ...app.config, [value]: value } })),
  ),
  operation("remove app", { appName }, ({ apps }, { appName }) => apps.remove({ name: appName })),

  operation(
    "insert calls",
    { records: fc.array(fc.record({ callId, appName, path, timeMs, value }), { maxLength: 4 }) },
    ({ calls }, { records }) =>
      calls.insert(
        records.map(({ callId, appName, path, timeMs, value }) =>
          // One that logs nothing never does: what of a call is there already is told by its row alone.
          sampleRecord(callId, { appName, path, createdAtMs: timeMs }, callId === "0" ? "" : `log ${value}`),
        ),
      ),
  ),
  operation("get call", { appName, callId }, ({ calls }, { appName, callId }) => calls.get(appName, callId)),
  operation("get log", { appName, callId }, ({ calls }, { appName, callId }) => calls.log(appName, callId)),
  operation(
    "list calls",
    {
      appName,
      path: maybe(path),
      after: maybe(callId),
      createdAfterMs: maybe(timeMs),
      createdBeforeMs: maybe(timeMs),
      limit,
    },
    ({ calls }, { appName, ...filter }) => calls.list(appName, filter),
  ),

  operation("insert token", {}, ({ tokens }, _, serial) => tokens.insert(sampleToken(`token-${serial}`))),
  operation("find token", { id: tokenId }, ({ tokens }, { id }) => tokens.find(`hash-${id}`)),
  operation("list tokens", { after: maybe(tokenId), limit }, ({ tokens }, page) => tokens.list(page)),
  operation("remove token", { id: tokenId }, ({ tokens }, { id }) => tokens.remove(id)),

  operation("put node", { name: nodeName, isDraining: fc.boolean() }, ({ nodes }, node, serial) =>
    nodes.put({ ...node, weight: serial + 1 }),
  ),
  operation(
    "announce node",
    { name: nodeName, isDraining: fc.boolean() },
    ({ nodes }, { name, isDraining }) => nodes.announce(name, isDraining, 60_000),
  ),
  operation("withdraw node", { name: nodeName }, ({ nodes }, { name }) => nodes.withdraw(name)),
  operation("remove node", { name: nodeName }, ({ nodes }, { name }) => nodes.remove(name)),
  operation("list nodes", {}, ({ nodes }) => nodes.list()),
);

const step = fc.oneof({ weight: 3, arbitrary: fnStep }, { weight: 2, arbitrary: appOrCallStep });

/** The app of that name, or one that is not there. */
async function appOf({ apps }: ModelledStore, name: string): Promise<App> {
  return (await apps.get({ name })) ?? sampleApp(name, { id: "none" });
}

/** The id of that fn, or one that no fn has. */
async function fnIdOf(store: ModelledStore, appName: string, name: string): Promise<string> {
  const { id } = await appOf(store, appName);
  const [fn] = await store.fns.list(id, { name, limit: 1 });
  return fn?.id ?? "none";
}

/** The id of the trigger of that path, or one that no trigger has. */
async function triggerIdOf(store: ModelledStore, appName: string, path: string): Promise<string> {
  const { id } = await appOf(store, appName);
  const triggers = await store.triggers.list(id, { limit: 100 });
  return triggers.find(({ source }) => source === path)?.id ?? "none";
}

function operation<T>(
  name: string,
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  perform: (store: ModelledStore, args: T, serial: number) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return fc.record(model).map((args) => ({
    perform: (store: ModelledStore, serial: number) => perform(store, args, serial),
    [fc.toStringMethod]: () => `${name} ${fc.stringify(args)}`,
  }));
}

function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

async function outcome(result: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await result };
  } catch (error) {
    if (error instanceof FnError) return { refused: error.code };
    throw error;
  }
}
