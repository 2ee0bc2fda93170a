import type { FnSettings } from "../model/fn.ts";
import { formatCpus } from "../model/route.ts";
import type { RouteInApp } from "../store/store.ts";

/** All that decides what a container of a function is like; never changes. */
export interface LaunchSpec extends Omit<FnSettings, "config" | "type"> {
  /**
   * Equal for two specs whose containers can stand in for each other. Every edit that a container could notice makes
   * another key: new containers start, and the old ones reach their idle timeout.
   */
  readonly key: string;
  /** Containers of one app share a network. */
  readonly appId: string;
  readonly appName: string;
  readonly path: string;
  /** Config of the app, under that of the function, under the variables that the platform sets. */
  readonly env: Readonly<Record<string, string>>;
}

const specs = new WeakMap<RouteInApp, LaunchSpec>();

/** The spec of a route; made once for each route object, since calls ask for it. */
export function launchSpecOf(route: RouteInApp): LaunchSpec {
  let spec = specs.get(route);
  if (!spec) {
    spec = makeSpec(route);
    specs.set(route, spec);
  }
  return spec;
}

function makeSpec({ app, fn, trigger }: RouteInApp): LaunchSpec {
  const { image, format, memoryMib, cpusMilli, timeoutS, idleTimeoutS } = fn;
  const env = {
    ...app.config,
    ...fn.config,
    FN_APP_ID: app.id,
    FN_APP_NAME: app.name,
    FN_FN_ID: fn.id,
    FN_FN_NAME: fn.name,
    FN_PATH: trigger.source,
    FN_FORMAT: format,
    FN_TYPE: fn.type,
    FN_MEMORY: String(memoryMib),
    ...(cpusMilli === 0 ? {} : { FN_CPUS: formatCpus(cpusMilli) }),
  };
  const sortedEnv = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  const settings = { image, format, memoryMib, cpusMilli, timeoutS, idleTimeoutS };
  return {
    ...settings,
    key: JSON.stringify([app.id, fn.id, settings, sortedEnv]),
    appId: app.id,
    appName: app.name,
    path: trigger.source,
    env,
  };
}
