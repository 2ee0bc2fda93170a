import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FnError } from "../../model/errors.ts";
import type { Store } from "../store.ts";
import { ModelStore } from "./model-store.suite.ts";
import { sampleApp, sampleRecord, sampleRoute } from "./samples.suite.ts";
import type { OpenEmpty } from "./test-store.suite.ts";

const RUNS = 25;
const STEPS_MAX = 40;

export function modelSuite(open: OpenEmpty): void {
  test("any sequence of operations has the outcomes that it has on the model", async (t) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: STEPS_MAX }), async (steps) => {
      const model = new ModelStore();
      const store = await open(t);
      for (const [serial, { perform }] of steps.entries()) {
        assert.deepEqual(await outcome(perform(store, serial)), await outcome(perform(model, serial)));
      }
      await store.close();
    });
    await fc.assert(property, { numRuns: RUNS });
  });
}

/** One operation with its arguments. The serial is its place in the sequence: it makes ids that no other has. */
interface Step {
  readonly perform: (store: Store, serial: number) => Promise<unknown>;
}

// Few names, so that operations meet. The last two paths sort one way by bytes, the other by JavaScript's halves.
const appName = fc.constantFrom("a", "b", "B");
const path = fc.constantFrom("/", "/a", "/\uff5e", "/\u{1f600}");
const image = fc.constantFrom("one", "two");
const nodeName = fc.constantFrom("a:1", "b:1");
const callId = fc.constantFrom("0", "1", "A", "a");
const timeMs = fc.integer({ min: 0, max: 3 });
const limit = fc.integer({ min: 1, max: 3 });
const value = fc.string({ unit: "binary", maxLength: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  operation("insert app", { appName, value }, ({ apps }, { appName, value }, serial) =>
    apps.insert(sampleApp(appName, { id: `app-${serial}`, config: { [value]: value } })),
  ),
  operation("get app", { appName }, ({ apps }, { appName }) => apps.get(appName)),
  operation("list apps", { after: maybe(appName), limit }, ({ apps }, page) => apps.list(page)),
  operation("update app", { appName, value }, ({ apps }, { appName, value }) =>
    apps.update(appName, (app) => ({ ...app, config: { ...app.config, [value]: value } })),
  ),
  operation("remove app", { appName }, ({ apps }, { appName }) => apps.remove(appName)),

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

  operation(
    "insert calls",
    { records: fc.array(fc.record({ callId, appName, path, timeMs, value }), { maxLength: 4 }) },
    ({ calls }, { records }) =>
      calls.insert(
        records.map(({ callId, appName, path, timeMs, value }) =>
          sampleRecord(callId, { appName, path, createdAtMs: timeMs }, value),
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

function operation<T>(
  name: string,
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  perform: (store: Store, args: T, serial: number) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return fc.record(model).map((args) => ({
    perform: (store: Store, serial: number) => perform(store, args, serial),
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
