/** `fnserver`: one functions node. Reads the settings, puts the parts together, starts and stops them. */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { Agent } from "../agent/agent.ts";
import { AsyncCalls } from "../agent/async/async-calls.ts";
import { LogFeed } from "../agent/log-feed.ts";
import { Pruner } from "../agent/pruner.ts";
import { SyslogSink } from "../agent/syslog/syslog-sink.ts";
import { systemClock, within } from "../clock/clock.ts";
import { createIds } from "../clock/ids.ts";
import { systemRandom } from "../clock/random.ts";
import type { Driver } from "../driver/driver.ts";
import { createFormats } from "../format/formats.ts";
import type { FnSettings } from "../model/fn.ts";
import { Announcer } from "../server/announcer.ts";
import { Access } from "../server/auth/access.ts";
import { FnCache } from "../server/fn-cache.ts";
import { createManagement } from "../server/management.ts";
import { Metrics, NO_AGENT } from "../server/metrics.ts";
import { HttpNode } from "../server/node.ts";
import { openStore } from "../store/open-store.ts";
import { asyncLimitsOf, retentionOf } from "./call-flags.ts";
import { hardeningOf } from "./docker-flags.ts";
import { parseFlags } from "./flags.ts";
import { readMachine, readMemory } from "./machine.ts";
import { nodeProgram } from "./node-program.ts";
import { openDriver } from "./open-driver.ts";
import { announceReady, createLog, expectShortLives, failToStart, stopOnSignals } from "./run-main.ts";
import { corsOf, rootTokenOf, secretBoxOf } from "./security-flags.ts";
import { API_VERSION, HOTFN_VERSION } from "./version.ts";

const MIB = 1024 * 1024;
/** How long whoever asks for metrics waits for the database. */
const COUNT_MS = 500;
/** How long a node that stops waits for its database to take the news. */
const DRAIN_ANNOUNCE_MS = 1000;

const settings = parseFlags(nodeProgram);

expectShortLives();
const log = createLog("fnserver", settings["log-level"]);
const clock = systemClock;
const random = systemRandom;
const ids = createIds(clock, random);

/** What a node has that runs functions. */
interface Running {
  readonly driver: Driver;
  readonly agent: Agent;
  readonly asyncCalls: AsyncCalls;
}

try {
  warnOfUnused();
  const machine = readMachine();
  const nodeName = settings["node-name"] || `${machine.hostname}-${settings.port}`;
  const memoryMib = settings.memory === 0 ? machine.memoryMib : Math.floor(settings.memory / MIB);
  const secretBox = secretBoxOf(settings);
  const rootToken = rootTokenOf(settings);

  const store = await openStore(settings.db);
  const syslog = new SyslogSink({ clock, random, log, nodeName });
  const logFeed = new LogFeed({ log, syslog });
  const fns = new FnCache(store, clock);
  const metrics = new Metrics(() => running?.agent.state ?? NO_AGENT);
  const running = settings.type === "api" ? undefined : await openRunning();
  const host = settings.host || (running?.driver.name === "process" ? "127.0.0.1" : undefined);

  const access = new Access({
    store,
    clock,
    host,
    isOpen: settings["open-management"],
    rootToken,
    callsNeedToken: settings["calls-need-token"],
  });
  const management = await createManagement({
    store,
    clock,
    ids,
    random,
    log,
    access,
    randomBytes,
    flushCalls: async () => running?.agent.flushCalls(),
    imageSettings: (image) => imageSettings(running?.agent, image),
    sealSecrets: (plain) => secretBox.seal(plain),
    fnCounts: () => metrics.fnCounts(),
    logFeed,
    nodeInfo: nodeInfo(nodeName, running?.driver.name),
    version: { api: API_VERSION, hotfn: HOTFN_VERSION },
    ...(settings["public-url"] !== "" && { publicUrl: settings["public-url"] }),
  });
  metrics.addQueue(() => within(clock, COUNT_MS, store.queue.counts()).catch(() => undefined));
  metrics.addLogs({ followers: () => management.logFollowers, syslog: () => syslog.counts });
  const cors = corsOf(settings);
  const nodeOptions = {
    store,
    fns,
    management,
    metrics,
    access,
    log,
    clock,
    ids,
    nodeName,
    bodyBytesMax: settings["body-max"],
    asyncBodyBytesMax: settings["async-body-max"],
    host,
    port: settings.port,
    ...(cors && { cors }),
  };
  const node =
    settings.type === "api" || !running
      ? new HttpNode({ ...nodeOptions, type: "api" })
      : new HttpNode({ ...nodeOptions, type: settings.type, agent: running.agent });

  const announcer = new Announcer({ nodes: store.nodes, name: settings.announce, clock, log });
  const pruner = new Pruner({ calls: store.calls, clock, random, log, retention: retentionOf(settings) });

  stopOnSignals(log, async () => {
    // Balancers hear of it before they can find it out, unless the database is slow.
    await within(clock, DRAIN_ANNOUNCE_MS, announcer.drain());
    const graceMs = settings["shutdown-timeout"] * 1000;
    // Calls on connections that are open already are still taken; each answer closes its connection.
    await Promise.all([within(clock, graceMs, node.stop()), running?.asyncCalls.stop(graceMs)]);
    await within(clock, DRAIN_ANNOUNCE_MS, announcer.stop());
    await running?.agent.stop(0);
    await syslog.stop();
    node.kill();
    await pruner.stop();
    await management.close();
    await running?.driver.close();
    await store.close();
  });
  const port = await node.start();
  running?.asyncCalls.start();
  pruner.start();
  if (settings.announce !== "") await announcer.start();
  log.info({ node: nodeName, port, driver: running?.driver.name ?? "none", memoryMib }, "fnserver is ready");
  announceReady(port);

  async function openRunning(): Promise<Running> {
    const driver = await openDriver({
      choice: settings.driver,
      functionsRoot: resolve(settings["functions-root"]),
      workDir: settings["iofs-path"],
      nodeName,
      hardening: hardeningOf(settings),
      onEngineCall: (operation, ms, outcome) => metrics.engineCall(operation, ms, outcome),
      log,
    });
    const agent = new Agent({
      driver,
      formatOf: createFormats(clock),
      calls: settings["call-records"] === "on" ? store.calls : undefined,
      clock,
      ids,
      log,
      nodeName,
      memoryMib,
      readMemory: settings.memory === 0 ? readMemory : undefined,
      cpusMilli: machine.cpusMilli,
      cores: machine.cores,
      containersPerFnMax: settings["max-containers-per-function"],
      freezeIdleMs: settings["freeze-idle"],
      initTimeoutMs: settings["init-timeout"],
      openSecrets: (secrets) => secretBox.open(secrets),
      logFeed,
      observer: metrics,
    });
    const asyncCalls = new AsyncCalls({
      agent,
      queue: store.queue,
      fnOf: (fnId) => fns.byId(fnId),
      clock,
      random,
      ids,
      log,
      observer: metrics,
      ...asyncLimitsOf(settings),
    });
    return { driver, agent, asyncCalls };
  }
} catch (error) {
  failToStart("fnserver", error);
}

function nodeInfo(name: string, driverName: string | undefined) {
  const root = driverName !== undefined ? { functions_root: resolve(settings["functions-root"]) } : {};
  return { name, type: settings.type, driver: driverName ?? "none", ...root };
}

/** A folder says what it needs; of any other image nothing is known before it is pulled. */
async function imageSettings(agent: Agent | undefined, image: string): Promise<Partial<FnSettings>> {
  if (!agent || !image.startsWith("dir:")) return {};
  return await agent.imageSettings(image, AbortSignal.timeout(10_000));
}

/** Settings of Fn that mean nothing here are said, not silently ignored. */
function warnOfUnused(): void {
  for (const name of ["FN_MQ_URL", "FN_LOGSTORE_URL", "FN_RUNNER_API_URL", "FN_LOG_DEST", "FN_ZIPKIN_URL"]) {
    if (process.env[name] !== undefined)
      log.warn(`${name} is set but not used: calls and logs are kept in FN_DB_URL`);
  }
}
