/** `fnlb`: the load balancer in front of the nodes. Reads the settings, puts the parts together, starts and stops them. */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "../clock/clock.ts";
import { createIds } from "../clock/ids.ts";
import { systemRandom } from "../clock/random.ts";
import { turnClock } from "../clock/turn-clock.ts";
import { createBalancer } from "../lb/balancer.ts";
import { isSameAddress } from "../lb/forward/listener.ts";
import { aloneLink, openWorkerLink, type WorkerLink } from "../lb/workers/link.ts";
import { Supervisor } from "../lb/workers/supervisor.ts";
import { orEnd } from "./flags.ts";
import { lbProgram } from "./lb-flags.ts";
import { liveOptionsOf, nodeTlsOf, openSource } from "./lb-options.ts";
import { type LbValues, readLbValues, toLbSettings } from "./lb-settings.ts";
import {
  announceReady,
  createLog,
  expectShortLives,
  failToStart,
  setLogLevel,
  stopOnSignals,
} from "./run-main.ts";
import { SettingsReload } from "./settings-reload.ts";

/** Set in the environment of a worker by the process that started it. */
const WORKER = "FNLB_WORKER";

/** Longer than a client that is at it is silent between two requests. */
const STOP_IDLE_MS = 3000;

/** What a worker gets beyond the time for its requests, before it is killed. */
const DRAIN_SLACK_MS = 10_000;

expectShortLives();

const argv = process.argv.slice(2);
const { env } = process;

const values = orEnd(lbProgram, argv, readValues);
const settings = toLbSettings(values, env);
const log = createLog("fnlb", settings.logLevel);

try {
  if (env[WORKER] !== undefined) await serve(await openWorkerLink(process));
  else if (settings.workers > 1) await supervise();
  else await serve(aloneLink());
} catch (error) {
  failToStart("fnlb", error);
}

/** Serves requests in this process. */
async function serve(link: WorkerLink): Promise<void> {
  const parts = { link, clock: turnClock(systemClock), log };
  const opened = await openSource(settings, parts);
  const balancer = await createBalancer({
    ...liveOptionsOf(settings),
    ...parts,
    source: opened.source,
    policy: settings.policy,
    listen: settings.listen,
    mgmtListen: settings.mgmtListen,
    mgmtToken: settings.mgmtToken,
    nodeToken: settings.nodeToken,
    nodeTls: nodeTlsOf(settings),
    keptBytesMax: settings.limits.bytesInFlightMax,
    drainDelayMs: settings.drainDelayMs,
    stopIdleMs: env[WORKER] === undefined ? 0 : STOP_IDLE_MS,
    random: systemRandom,
    ids: createIds(systemClock, systemRandom),
  });

  stopOnSignals(log, async () => {
    const limitMs = settings.shutdownTimeoutMs;
    const cut = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs);
    await balancer.stop(cut);
    await opened.close();
    if (cut?.aborted) throw new Error(`requests were under way after ${limitMs} ms, and were cut off`);
  });
  const apply = (next: LbValues) => {
    const changed = toLbSettings(next, env);
    balancer.change(liveOptionsOf(changed));
    opened.setNames(changed.nodes);
    setLogLevel(log, changed.logLevel);
  };
  const reload = new SettingsReload({ program: lbProgram, values, read: readValues, apply, log });
  process.on("SIGHUP", () => void reload.reload());
  await balancer.start();
  await balancer.checked();
  link.ready();
  const ports = balancer.ports();
  log.info(ports, "fnlb is ready");
  announceReady(ports.traffic);
}

/** Has several processes serve, each of which is this program. On SIGHUP they are replaced, and read their settings anew. */
async function supervise(): Promise<void> {
  const { listen, mgmtListen, shutdownTimeoutMs } = settings;
  const supervisor = new Supervisor({
    count: settings.workers,
    addresses: isSameAddress(listen, mgmtListen)
      ? { traffic: listen }
      : { traffic: listen, management: mgmtListen },
    // In a group of its own: Ctrl-C and the end of a terminal reach this process only.
    fork: () =>
      fork(fileURLToPath(import.meta.url), argv, { detached: true, env: { ...env, [WORKER]: "1" } }),
    drainLimitMs: shutdownTimeoutMs === undefined ? undefined : shutdownTimeoutMs + DRAIN_SLACK_MS,
    clock: systemClock,
    log,
  });
  stopOnSignals(log, () => supervisor.stop());
  // Also when a second signal ends this process at once.
  process.on("exit", () => supervisor.kill());
  process.on("SIGHUP", () => void restart(supervisor));
  await supervisor.start();
  const traffic = supervisor.port("traffic");
  log.info({ traffic, workers: settings.workers }, "fnlb is ready");
  announceReady(traffic);
}

/** Only settings that are good are worth a restart: with others each worker would end as soon as it starts. */
async function restart(supervisor: Supervisor): Promise<void> {
  try {
    setLogLevel(log, toLbSettings(readValues(), env).logLevel);
    await supervisor.restart();
  } catch (error) {
    log.error({ err: error }, "not restarted; the workers of before go on");
  }
}

function readValues(): LbValues {
  return readLbValues({ argv, env, readFile: (path) => readFileSync(path, "utf8") });
}
