/** The settings of the balancer. Names that Fn's balancer of January 2018 has mean the same here. */
import { accessSync, constants } from "node:fs";
import { InvalidArgumentError } from "commander";
import { DEFAULT_TIMEOUTS } from "../lb/forward/forwarder.ts";
import { LOOPBACK, TrustedProxies } from "../lb/forward/trusted-proxies.ts";
import { isDnsQuery } from "../lb/nodes/dns-source.ts";
import { isNodeName } from "../lb/nodes/node-name.ts";
import { parseVersion } from "../lb/nodes/version.ts";
import {
  address,
  addresses,
  type Contradiction,
  choice,
  duration,
  type Flag,
  integer,
  type Program,
  text,
  toggle,
  type Values,
} from "./flags.ts";

const DAY_MS = 86_400_000;
const LIVE = { isLive: true } as const;
const PEM = { parse: parseReadable, ...LIVE };

const lbFlags = {
  config: text(
    "configuration file in YAML or JSON; its keys are the names of these flags, which win over the variables, and these over the file",
    "",
    {
      placeholder: "file",
    },
  ),

  listen: address("address for traffic", ":8081"),
  "mgmt-listen": address("address for the management; the same as -listen serves both", ":8081"),
  workers: integer("processes that share the traffic address", 1, { min: 1, max: 64 }),
  "tls-cert": file("certificates in PEM for traffic over TLS; read again on SIGHUP", PEM),
  "tls-key": file("the key of -tls-cert", PEM),

  nodes: addresses("nodes to start with; more can be added while it runs", [], isNodeName, LIVE),
  "nodes-file": file("file with a node on each line, which is watched"),
  "nodes-dns": text(
    "all addresses of this host:port are the nodes, or what an SRV name (_fn._tcp.x) gives",
    "",
    {
      placeholder: "name",
      parse: parseDnsName,
    },
  ),
  db: text("database that balancers share their list of nodes in; in memory when not given", "", {
    placeholder: "url",
    parse: parseDb,
  }),
  "nodes-interval": duration(
    "how often DNS or the database is asked for nodes",
    3000,
    { minMs: 100, maxMs: DAY_MS },
    LIVE,
  ),
  "node-tls": toggle("speak TLS to the nodes, and verify their certificates"),
  "node-ca": file("certificates in PEM that vouch for nodes; default: those of Node", PEM),

  "hc-interval": duration("time between health checks", 3000, { minMs: 100, maxMs: DAY_MS }, LIVE),
  "hc-path": text("path of the health check; its answer tells the version", "/version", {
    placeholder: "path",
    parse: parsePath,
    ...LIVE,
  }),
  "hc-timeout": duration("time after which a check has failed", 5000, { minMs: 10, maxMs: DAY_MS }, LIVE),
  "hc-unhealthy": integer(
    "failed checks in a row that make a node unhealthy",
    2,
    { min: 1, max: 1000 },
    LIVE,
  ),
  "hc-healthy": integer("passed checks in a row that make it healthy again", 1, { min: 1, max: 1000 }, LIVE),
  "min-api-version": text("oldest version of a node that gets requests", "0.0.234", {
    placeholder: "a.b.c",
    parse: parseVersionText,
    ...LIVE,
  }),

  policy: choice("what decides where a call goes", "warm", ["warm", "wait", "bounded", "least"]),

  "header-timeout": duration("for the head of a request to come", 60_000, { minMs: 10, maxMs: DAY_MS }, LIVE),
  "idle-timeout": duration(
    "how long a connection without a request is kept",
    75_000,
    { minMs: 10, maxMs: DAY_MS },
    LIVE,
  ),
  "first-byte-timeout": duration(
    "for a node to begin its answer; longer than the longest call",
    DEFAULT_TIMEOUTS.firstByteMs,
    { minMs: 10, maxMs: DAY_MS },
    LIVE,
  ),
  "silence-timeout": duration(
    "for a node or a client to go on where it has stopped within a message",
    DEFAULT_TIMEOUTS.silenceMs,
    { minMs: 10, maxMs: DAY_MS },
    LIVE,
  ),
  "total-timeout": duration(
    "for a request, from its head to the end of its answer",
    DEFAULT_TIMEOUTS.totalMs,
    { minMs: 10, maxMs: DAY_MS },
    LIVE,
  ),
  "connections-max": integer(
    "connections of clients at a time",
    16_384,
    { min: 1, max: 1_000_000 },
    { placeholder: "connections", ...LIVE },
  ),
  "bytes-in-flight-max": integer(
    "bytes of requests and answers held in memory at a time",
    256 * 1024 * 1024,
    { min: 1024 * 1024, max: Number.MAX_SAFE_INTEGER },
    { placeholder: "bytes", ...LIVE },
  ),
  "trusted-proxies": networks(
    "proxies that are believed where a request came from: addresses and networks, by comma",
    LOOPBACK,
    LIVE,
  ),

  "drain-delay": duration(
    "how long requests are still taken after SIGTERM, while readiness already says no",
    0,
    { minMs: 0, maxMs: DAY_MS },
    LIVE,
  ),
  "shutdown-timeout": duration(
    "how long requests may go on after that; 0 for no limit",
    0,
    { minMs: 0, maxMs: DAY_MS },
    LIVE,
  ),
  "log-level": text("debug, info, warn, error or fatal", "info", {
    env: "LOG_LEVEL",
    placeholder: "level",
    ...LIVE,
  }),
};

export const lbProgram: Program<typeof lbFlags> = {
  name: "fnlb",
  summary: "The load balancer in front of the nodes: sends each function where it is hot.",
  envPrefix: "FN_LB_",
  flags: lbFlags,
  contradictions: contradictionsOf,
};

function contradictionsOf(values: Values<typeof lbFlags>): Contradiction[] {
  const found: Contradiction[] = [];
  const refuse = (isWrong: boolean, between: readonly (keyof typeof lbFlags)[], problem: string) => {
    if (isWrong) found.push({ between, problem });
  };

  const kept = (["nodes-file", "nodes-dns", "db"] as const).filter((name) => values[name] !== "");
  refuse(kept.length > 1, kept, "the list of nodes is kept in one place.");
  // With a database, these are added to those that are in it.
  const hasNodes = values.nodes.length > 0;
  for (const name of ["nodes-file", "nodes-dns"] as const) {
    refuse(hasNodes && values[name] !== "", ["nodes", name], "give the nodes in one of them.");
  }
  const hasCert = values["tls-cert"] !== "";
  refuse(hasCert !== (values["tls-key"] !== ""), ["tls-cert", "tls-key"], "give both or neither.");
  refuse(values["node-ca"] !== "" && !values["node-tls"], ["node-ca"], "it is of no use without -node-tls.");
  const { listen, "mgmt-listen": mgmt } = values;
  const takesIn = listen.port !== 0 && listen.port === mgmt.port && listen.host !== mgmt.host;
  const isAll = listen.host === undefined || mgmt.host === undefined;
  refuse(takesIn && isAll, ["listen", "mgmt-listen"], "one of them takes in the other.");
  const { "first-byte-timeout": firstByteMs, "total-timeout": totalMs } = values;
  refuse(
    totalMs < firstByteMs,
    ["total-timeout", "first-byte-timeout"],
    "the whole cannot be shorter than the part.",
  );
  return found;
}

function file(help: string, more: Partial<Flag<string>> = {}): Flag<string> {
  return text(help, "", { placeholder: "file", ...more });
}

/** Names a file that is there and may be read. */
function parseReadable(value: string): string {
  if (value === "") return value;
  try {
    accessSync(value, constants.R_OK);
    return value;
  } catch {
    throw new InvalidArgumentError("Give a file that may be read.");
  }
}

function networks(
  help: string,
  initial: readonly string[],
  more: Partial<Flag<readonly string[]>>,
): Flag<readonly string[]> {
  const parse = (value: string) => {
    const parts = value.split(",").filter((part) => part !== "");
    new TrustedProxies(parts);
    return parts;
  };
  return { help, initial, parse, placeholder: "network,...", shown: initial.join(","), ...more };
}

function parseDnsName(value: string): string {
  if (value === "" || isDnsQuery(value)) return value;
  throw new InvalidArgumentError("Give host:port, or an SRV name such as _fn._tcp.example.com.");
}

/** The store itself says what it makes of the rest. */
function parseDb(value: string): string {
  if (value === "" || /^(sqlite3|postgres|postgresql):\/\/./.test(value)) return value;
  if (value === "k8s")
    throw new InvalidArgumentError("Give -nodes-dns the name of a headless service instead.");
  throw new InvalidArgumentError("Give sqlite3:///path/lb.db or postgres://user@host/name.");
}

function parsePath(value: string): string {
  if (/^\/[!-~]*$/.test(value)) return value;
  throw new InvalidArgumentError("Give a path that begins with a slash.");
}

function parseVersionText(value: string): string {
  if (parseVersion(value)) return value;
  throw new InvalidArgumentError("Give a version of the form a.b.c, such as 0.0.234.");
}
