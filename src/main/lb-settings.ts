import type { ForwardTimeouts } from "../lb/forward/forwarder.ts";
import type { PolicyName } from "../lb/placement/policy.ts";
import type { Address, Values } from "./flags.ts";
import { lbProgram } from "./lb-flags.ts";
import { readSettings, SettingsError, type SettingsInput } from "./settings.ts";

/** What the balancer is told, checked as a whole. Times are in milliseconds. */
export interface LbSettings {
  readonly listen: Address;
  /** The same as `listen`: one listener serves both. */
  readonly mgmtListen: Address;
  /** What callers of the management must show; undefined: being on this machine is enough. From FN_LB_TOKEN alone. */
  readonly mgmtToken: string | undefined;
  /** What is shown to nodes whose functions are warmed; undefined: nothing. From FN_LB_NODE_TOKEN alone. */
  readonly nodeToken: string | undefined;
  readonly workers: number;
  /** Undefined: clients speak plain HTTP. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Undefined: nodes are spoken to in plain HTTP. */
  readonly nodeTls: { readonly caFile: string | undefined } | undefined;
  /** Nodes to start with, `host:port`. */
  readonly nodes: readonly string[];
  readonly nodeSource: NodeSourceSettings;
  readonly nodesIntervalMs: number;
  readonly health: {
    readonly path: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly thresholds: { readonly healthy: number; readonly unhealthy: number };
    readonly versionMin: string;
  };
  readonly policy: PolicyName;
  readonly timeouts: {
    readonly headerMs: number;
    readonly idleMs: number;
    readonly forward: ForwardTimeouts;
  };
  readonly limits: { readonly connectionsMax: number; readonly bytesInFlightMax: number };
  /** Addresses and networks, as TrustedProxies takes them. */
  readonly trustedProxies: readonly string[];
  readonly drainDelayMs: number;
  /** Undefined for no limit. */
  readonly shutdownTimeoutMs: number | undefined;
  readonly logLevel: string;
}

/** Where the list of nodes is kept. `memory`: here, as long as this process lives. */
export type NodeSourceSettings =
  | { readonly kind: "memory" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "dns"; readonly name: string }
  | { readonly kind: "db"; readonly url: string };

export type LbValues = Values<typeof lbProgram.flags>;

/**
 * The environment variables with the token of the management, and with the one that nodes ask for. Never flags: those of a
 * process are for all to see.
 */
const TOKEN = "FN_LB_TOKEN";
const NODE_TOKEN = "FN_LB_NODE_TOKEN";

/** RFC 6750 section 2.1: what can stand behind `Bearer`. */
const TOKEN_TEXT = /^[A-Za-z0-9\-._~+/]+=*$/;

const MEMORY_DB = "sqlite3://:memory:";

/** Flags, environment and file, checked as a whole. Throws `SettingsError` with everything that is wrong. */
export function readLbValues(input: SettingsInput): LbValues {
  const problems = [TOKEN, NODE_TOKEN]
    .filter((name) => input.env[name] && !TOKEN_TEXT.test(input.env[name]))
    .map((name) => `${name}: give letters, digits and -._~+/ only, with = at the end.`);
  try {
    const values = readSettings(lbProgram, input);
    if (problems.length === 0) return values;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
  }
  throw new SettingsError(problems);
}

/** The values as the parts of the balancer take them. */
export function toLbSettings(values: LbValues, env: SettingsInput["env"]): LbSettings {
  return {
    listen: values.listen,
    mgmtListen: values["mgmt-listen"],
    mgmtToken: env[TOKEN] || undefined,
    nodeToken: env[NODE_TOKEN] || undefined,
    workers: values.workers,
    tls: values["tls-cert"] === "" ? undefined : { certFile: values["tls-cert"], keyFile: values["tls-key"] },
    nodeTls: values["node-tls"] ? { caFile: values["node-ca"] || undefined } : undefined,
    nodes: values.nodes,
    nodeSource: nodeSourceOf(values),
    nodesIntervalMs: values["nodes-interval"],
    health: {
      path: values["hc-path"],
      intervalMs: values["hc-interval"],
      timeoutMs: values["hc-timeout"],
      thresholds: { healthy: values["hc-healthy"], unhealthy: values["hc-unhealthy"] },
      versionMin: values["min-api-version"],
    },
    policy: values.policy,
    timeouts: {
      headerMs: values["header-timeout"],
      idleMs: values["idle-timeout"],
      forward: {
        firstByteMs: values["first-byte-timeout"],
        silenceMs: values["silence-timeout"],
        totalMs: values["total-timeout"],
      },
    },
    limits: { connectionsMax: values["connections-max"], bytesInFlightMax: values["bytes-in-flight-max"] },
    trustedProxies: values["trusted-proxies"],
    drainDelayMs: values["drain-delay"],
    shutdownTimeoutMs: values["shutdown-timeout"] || undefined,
    logLevel: values["log-level"],
  };
}

function nodeSourceOf(values: LbValues): NodeSourceSettings {
  const { "nodes-file": path, "nodes-dns": name, db: url } = values;
  if (path !== "") return { kind: "file", path };
  if (name !== "") return { kind: "dns", name };
  return url === "" || url === MEMORY_DB ? { kind: "memory" } : { kind: "db", url };
}
