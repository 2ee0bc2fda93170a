import type { FnSettings } from "../model/fn.ts";
import { formatCpus } from "../model/route.ts";
import type { Secrets } from "../model/secrets.ts";
import type { FnInApp } from "../store/store.ts";

/** All that decides what a container of a function is like; never changes. */
export interface LaunchSpec extends ContainerSettings, Environment {
  /**
   * Equal for two specs whose containers can stand in for each other. Every edit that a container could notice makes
   * another key: new containers start, and the old ones reach their idle timeout.
   */
  readonly key: string;
  /** Containers of one app share a network. */
  readonly appId: string;
  readonly appName: string;
  /** What its calls go by. Specs of one key may differ in it: all triggers of a function share its containers. */
  readonly path: string;
}

type ContainerSettings = Pick<
  FnSettings,
  "image" | "format" | "memoryMib" | "cpusMilli" | "timeoutS" | "idleTimeoutS"
>;

/** The variables of a container; no name is in both parts. */
interface Environment {
  readonly env: Readonly<Record<string, string>>;
  /** Those that stay sealed until a container starts. */
  readonly secrets: Secrets;
}

const specs = new WeakMap<FnInApp, LaunchSpec>();

/** The spec of a function as it is called; made once for each object, since calls ask for it. */
export function launchSpecOf(called: FnInApp): LaunchSpec {
  let spec = specs.get(called);
  if (!spec) {
    spec = makeSpec(called);
    specs.set(called, spec);
  }
  return spec;
}

/** What a call goes by in records and metrics: the path it came by; without one, the function's name. */
export function pathOf({ fn, trigger }: FnInApp): string {
  return trigger?.source ?? fn.name;
}

function makeSpec(called: FnInApp): LaunchSpec {
  const { app, fn } = called;
  const { image, format, memoryMib, cpusMilli, timeoutS, idleTimeoutS } = fn;
  const settings = { image, format, memoryMib, cpusMilli, timeoutS, idleTimeoutS };
  const environment = environmentOf(called);
  const { env, secrets } = environment;
  return {
    ...settings,
    ...environment,
    key: JSON.stringify([app.id, fn.id, settings, sorted(env), sorted(secrets)]),
    appId: app.id,
    appName: app.name,
    path: pathOf(called),
  };
}

/** From the weakest to the strongest: config and secrets of the app, those of the function, what the platform sets. */
function environmentOf({ app, fn }: FnInApp): Environment {
  const platform = {
    FN_APP_ID: app.id,
    FN_APP_NAME: app.name,
    FN_FN_ID: fn.id,
    FN_FN_NAME: fn.name,
    // Functions made as routes are called by this path; the others may have any, or none.
    ...(fn.name.startsWith("/") ? { FN_PATH: fn.name } : {}),
    FN_FORMAT: fn.format,
    FN_TYPE: fn.type,
    FN_MEMORY: String(fn.memoryMib),
    ...(fn.cpusMilli === 0 ? {} : { FN_CPUS: formatCpus(fn.cpusMilli) }),
  };
  return {
    env: { ...without(app.config, app.secrets, fn.secrets), ...without(fn.config, fn.secrets), ...platform },
    secrets: { ...without(app.secrets, fn.config, platform), ...without(fn.secrets, platform) },
  };
}

/** The variables that none of the stronger ones replaces. */
function without(variables: Variables, ...stronger: readonly Variables[]): Variables {
  const kept = Object.entries(variables).filter(
    ([name]) => !stronger.some((each) => Object.hasOwn(each, name)),
  );
  return Object.fromEntries(kept);
}

function sorted(variables: Variables): [string, string][] {
  return Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
}

type Variables = Readonly<Record<string, string>>;
