/** `fnlb`: the load balancer in front of the nodes. Reads the settings, puts the parts together, starts and stops them. */
import { InvalidArgumentError } from "commander";
import { systemClock } from "../clock/clock.ts";
import { systemRandom } from "../clock/random.ts";
import { createBalancer } from "../lb/balancer.ts";
import { isNodeName } from "../lb/nodes/members.ts";
import { parseVersion } from "../lb/nodes/version.ts";
import { address, addresses, integer, parseFlags, text } from "./flags.ts";
import { announceReady, createLog, failToStart, stopOnSignals } from "./run-main.ts";

const DAY_S = 86_400;

const settings = parseFlags({
  name: "fnlb",
  summary: "The load balancer in front of the nodes: sends each function where it is hot.",
  flags: {
    nodes: addresses("nodes to start with; more can be added while it runs", [], isNodeName),
    listen: address("address for traffic", ":8081"),
    "mgmt-listen": address("address for the management; the same as -listen serves both", ":8081"),
    "hc-interval": integer(
      "seconds between health checks",
      3,
      { min: 1, max: DAY_S },
      { placeholder: "seconds" },
    ),
    "hc-path": text("path of the health check; its answer tells the version", "/version", {
      placeholder: "path",
      parse: parsePath,
    }),
    "hc-unhealthy": integer("failed checks in a row that make a node unhealthy", 2, { min: 1, max: 1000 }),
    "hc-healthy": integer("passed checks in a row that make it healthy again", 1, { min: 1, max: 1000 }),
    "hc-timeout": integer(
      "seconds after which a check has failed",
      5,
      { min: 1, max: DAY_S },
      { placeholder: "seconds" },
    ),
    "min-api-version": text("oldest version of a node that gets requests", "0.0.234", {
      placeholder: "a.b.c",
      parse: parseVersionText,
    }),
    "shutdown-timeout": integer(
      "seconds that requests may go on after SIGTERM; 0 for no limit",
      0,
      { min: 0, max: DAY_S },
      { placeholder: "seconds" },
    ),
    "log-level": text("debug, info, warn, error or fatal", "info", {
      env: "LOG_LEVEL",
      placeholder: "level",
    }),
  },
});

const log = createLog("fnlb", settings["log-level"]);

try {
  const balancer = await createBalancer({
    nodes: settings.nodes,
    listen: settings.listen,
    mgmtListen: settings["mgmt-listen"],
    health: {
      path: settings["hc-path"],
      intervalMs: settings["hc-interval"] * 1000,
      timeoutMs: settings["hc-timeout"] * 1000,
      thresholds: { healthy: settings["hc-healthy"], unhealthy: settings["hc-unhealthy"] },
      versionMin: settings["min-api-version"],
    },
    clock: systemClock,
    random: systemRandom,
    log,
  });

  stopOnSignals(log, async () => {
    const limitS = settings["shutdown-timeout"];
    const cut = limitS === 0 ? undefined : AbortSignal.timeout(limitS * 1000);
    await balancer.stop(cut);
    if (cut?.aborted) throw new Error(`requests were under way after ${limitS} s, and were cut off`);
  });
  await balancer.start();
  await balancer.checked();
  const ports = balancer.ports();
  log.info(ports, "fnlb is ready");
  announceReady(ports.traffic);
} catch (error) {
  failToStart("fnlb", error);
}

function parsePath(value: string): string {
  if (/^\/[!-~]*$/.test(value)) return value;
  throw new InvalidArgumentError("Give a path that begins with a slash.");
}

function parseVersionText(value: string): string {
  if (parseVersion(value)) return value;
  throw new InvalidArgumentError("Give a version of the form a.b.c, such as 0.0.234.");
}
