/** `fnserver`: one functions node. Reads the settings, puts the parts together, starts and stops them. */
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { Agent } from "../agent/agent.ts";
import { systemClock, within } from "../clock/clock.ts";
import { createIds } from "../clock/ids.ts";
import { systemRandom } from "../clock/random.ts";
import { createFormats } from "../format/formats.ts";
import { isNodeName } from "../lb/nodes/node-name.ts";
import type { FnSettings } from "../model/fn.ts";
import { Announcer } from "../server/announcer.ts";
import { createManagement } from "../server/management.ts";
import { Metrics } from "../server/metrics.ts";
import { HttpNode } from "../server/node.ts";
import { openStore } from "../store/open-store.ts";
import { dockerFlags, hardeningOf } from "./docker-flags.ts";
import { choice, integer, parseFlags, text } from "./flags.ts";
import { readMachine, readMemory } from "./machine.ts";
import { DRIVER_CHOICES, openDriver } from "./open-driver.ts";
import { announceReady, createLog, expectShortLives, failToStart, stopOnSignals } from "./run-main.ts";
import { API_VERSION, HOTFN_VERSION } from "./version.ts";

const MIB = 1024 * 1024;
/** How long a node that stops waits for its database to take the news. */
const DRAIN_ANNOUNCE_MS = 1000;

const settings = parseFlags({
  name: "fnserver",
  summary: "One functions node: the HTTP API, the agent and its containers.",
  flags: {
    port: integer("port to listen on", 8080, { min: 0, max: 65535 }, { env: "FN_PORT" }),
    host: text("address to listen on; default: all, and only this machine with the process driver", "", {
      env: "FN_HOST",
      placeholder: "address",
    }),
    db: text("database: sqlite3:///path/fn.db", `sqlite3://${resolve("data", "fn.db")}`, {
      env: "FN_DB_URL",
      placeholder: "url",
    }),
    driver: choice("what runs containers", "auto", DRIVER_CHOICES, { env: "FN_DRIVER" }),
    "functions-root": text("folder below which dir: images may lie", process.cwd(), {
      env: "FN_FUNCTIONS_ROOT",
      placeholder: "dir",
    }),
    "node-name": text("name of this node, unique among nodes; default: host name and port", "", {
      env: "FN_NODE_NAME",
      placeholder: "name",
      parse: parseNodeName,
    }),
    announce: text(
      "address under which balancers with the same database find this node; default: none do",
      "",
      {
        env: "FN_ANNOUNCE",
        placeholder: "host:port",
        parse: parseAnnounced,
      },
    ),
    memory: integer(
      "memory for containers in bytes; 0 for what the machine has",
      0,
      { min: 0, max: Number.MAX_SAFE_INTEGER },
      { env: "FN_MAX_TOTAL_MEMORY_BYTES", placeholder: "bytes" },
    ),
    "max-containers-per-function": integer(
      "containers that one function may have at a time; 0 for as many as fit",
      0,
      { min: 0, max: 100_000 },
      { env: "FN_MAX_CONTAINERS_PER_FUNCTION", placeholder: "containers" },
    ),
    "freeze-idle": integer(
      "how long a container is idle before it is paused, in milliseconds; -1 for never",
      -1,
      { min: -1, max: 3_600_000 },
      { env: "FN_FREEZE_IDLE_MSECS", placeholder: "ms" },
    ),
    "body-max": integer(
      "largest body of a call in bytes",
      100 * MIB,
      { min: 1, max: Number.MAX_SAFE_INTEGER },
      { env: "FN_MAX_REQUEST_SIZE", placeholder: "bytes" },
    ),
    "init-timeout": integer(
      "how long a container may take until it can be called, in milliseconds",
      10_000,
      { min: 1, max: 600_000 },
      { env: "FN_HOT_START_TIMEOUT_MSECS", placeholder: "ms" },
    ),
    "shutdown-timeout": integer(
      "how long running calls may go on after SIGTERM, in seconds",
      130,
      { min: 0, max: 86_400 },
      { env: "FN_SHUTDOWN_TIMEOUT_SECS", placeholder: "seconds" },
    ),
    "iofs-path": text("folder for sockets of functions", join(tmpdir(), `hotfn-${userInfo().uid}`), {
      env: "FN_IOFS_PATH",
      placeholder: "dir",
    }),
    ...dockerFlags,
    "log-level": text("debug, info, warn, error or fatal", "info", {
      env: "FN_LOG_LEVEL",
      placeholder: "level",
    }),
  },
});

expectShortLives();
const log = createLog("fnserver", settings["log-level"]);

try {
  const machine = readMachine();
  const nodeName = settings["node-name"] || `${machine.hostname}-${settings.port}`;
  const memoryMib = settings.memory === 0 ? machine.memoryMib : Math.floor(settings.memory / MIB);
  const clock = systemClock;
  const ids = createIds(clock, systemRandom);
  warnOfUnused();

  const store = await openStore(settings.db);
  const metrics = new Metrics(() => agent.state);
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
    calls: store.calls,
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
    observer: metrics,
  });
  const management = await createManagement({
    store,
    clock,
    ids,
    log,
    flushCalls: () => agent.flushCalls(),
    imageSettings: (image) => imageSettings(agent, image),
    version: { api: API_VERSION, hotfn: HOTFN_VERSION },
  });
  const node = new HttpNode({
    agent,
    store,
    management,
    metrics,
    clock,
    ids,
    nodeName,
    bodyBytesMax: settings["body-max"],
    host: settings.host || (driver.name === "process" ? "127.0.0.1" : undefined),
    port: settings.port,
  });

  const announcer = new Announcer({ nodes: store.nodes, name: settings.announce, clock, log });

  stopOnSignals(log, async () => {
    // Balancers hear of it before they can find it out, unless the database is slow.
    await within(clock, DRAIN_ANNOUNCE_MS, announcer.drain());
    // Calls on connections that are open already are still taken; each answer closes its connection.
    await within(clock, settings["shutdown-timeout"] * 1000, node.stop());
    await within(clock, DRAIN_ANNOUNCE_MS, announcer.stop());
    await agent.stop(0);
    node.kill();
    await management.close();
    await driver.close();
    await store.close();
  });
  const port = await node.start();
  if (settings.announce !== "") await announcer.start();
  log.info({ node: nodeName, port, driver: driver.name, memoryMib }, "fnserver is ready");
  announceReady(port);
} catch (error) {
  failToStart("fnserver", error);
}

/** It is a host name to functions and a header field to callers, so it must be fit for both. */
function parseNodeName(value: string): string {
  if (/^[A-Za-z0-9._-]{0,63}$/.test(value)) return value;
  throw new InvalidArgumentError("Give at most 63 letters, digits, dots, dashes and underscores.");
}

function parseAnnounced(value: string): string {
  if (value === "" || isNodeName(value)) return value;
  throw new InvalidArgumentError("Give host:port, such as 10.0.0.1:8080.");
}

/** A folder says what it needs; of any other image nothing is known before it is pulled. */
async function imageSettings(agent: Agent, image: string): Promise<Partial<FnSettings>> {
  if (!image.startsWith("dir:")) return {};
  return await agent.imageSettings(image, AbortSignal.timeout(10_000));
}

/** Settings of Fn that mean nothing here are said, not silently ignored. */
function warnOfUnused(): void {
  for (const name of [
    "FN_MQ_URL",
    "FN_LOGSTORE_URL",
    "FN_RUNNER_API_URL",
    "FN_LOG_DEST",
    "FN_ZIPKIN_URL",
    "FN_API_CORS",
  ]) {
    if (process.env[name] !== undefined)
      log.warn(`${name} is set but not used: calls and logs are kept in FN_DB_URL`);
  }
}
