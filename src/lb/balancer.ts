import { readFile } from "node:fs/promises";
import type { TlsOptions } from "node:tls";
import type { Logger } from "pino";
import { type Clock, sleep } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import type { Random } from "../clock/random.ts";
import type { Exchange } from "../http1/exchange.ts";
import { pathOf } from "../http1/target.ts";
import { gatherFigures } from "./admin/figures.ts";
import { LbMetrics } from "./admin/lb-metrics.ts";
import { Management } from "./admin/management.ts";
import { observers, requestLog } from "./admin/observers.ts";
import { homesBy } from "./admin/prewarm.ts";
import { Registry } from "./admin/registry.ts";
import { Traffic } from "./admin/traffic.ts";
import { createWarmNode } from "./admin/warm-node.ts";
import { ConnectionPools } from "./forward/connection-pools.ts";
import { Forwarder, type ForwardTimeouts } from "./forward/forwarder.ts";
import { HttpListener, isSameAddress, type ListenAddress } from "./forward/listener.ts";
import type { Peer } from "./forward/peer.ts";
import { TrustedProxies } from "./forward/trusted-proxies.ts";
import type { Thresholds } from "./nodes/health.ts";
import { createHealthCheck, type HealthCheck } from "./nodes/health-check.ts";
import { Members } from "./nodes/members.ts";
import { Prober } from "./nodes/prober.ts";
import type { NodeSource } from "./nodes/source.ts";
import { createPolicy } from "./placement/create-policy.ts";
import { functionKey } from "./placement/key.ts";
import type { PolicyName } from "./placement/policy.ts";
import type { WorkerLink } from "./workers/link.ts";
import { shareHealth } from "./workers/share-health.ts";
import { shareLoads } from "./workers/share-loads.ts";

const DASHBOARD = new URL("../dashboard/lb.html", import.meta.url);

/** For a node to say that it takes on what it is asked to warm: it answers before it begins. */
const WARM_MS = 5000;

/** What a balancer can be told anew while it runs. Times are in milliseconds. */
export interface LiveOptions {
  readonly health: {
    readonly path: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly thresholds: Thresholds;
    /** Nodes of an older version, `a.b.c`, get no requests. */
    readonly versionMin: string;
  };
  readonly timeouts: {
    /** For the head of a request to come. */
    readonly headerMs: number;
    /** How long a client's connection is kept without a request. */
    readonly idleMs: number;
    readonly forward: ForwardTimeouts;
  };
  /** Of clients, at a time. */
  readonly connectionsMax: number;
  /** Addresses and networks of proxies that are believed. */
  readonly trustedProxies: readonly string[];
  /** Certificate and key of the traffic; undefined for plain TCP. A change between the two needs a restart. */
  readonly tls: TlsOptions | undefined;
}

export interface BalancerOptions extends LiveOptions {
  /** Where the list of nodes comes from. */
  readonly source: NodeSource;
  readonly policy: PolicyName;
  readonly listen: ListenAddress;
  /** The same address as `listen` makes one listener serve both. */
  readonly mgmtListen: ListenAddress;
  /** What callers of the management must show; undefined: being on this machine is enough. */
  readonly mgmtToken: string | undefined;
  /** What nodes are shown that ask callers of functions for a token, before they warm any; undefined: nothing. */
  readonly nodeToken?: string | undefined;
  /** Nodes are spoken to over TLS; `ca` in PEM vouches for them, else Node's own list does. Undefined for plain TCP. */
  readonly nodeTls: { readonly ca: string | undefined } | undefined;
  /** Of the bodies of all requests, how many bytes are kept for sending them again. */
  readonly keptBytesMax: number;
  /** How long requests are still taken while readiness already says no. */
  readonly drainDelayMs: number;
  /** See HttpListenerOptions: with others who take its place, nothing needs to get lost. */
  readonly stopIdleMs: number;
  /** The other processes of this balancer. */
  readonly link: WorkerLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Logger;
}

export interface Balancer {
  /** Begins to check the nodes and to listen. Rejects with the system's error for an address, and when the list cannot be had. */
  start(): Promise<void>;
  /** Resolves when each node has been checked once: before that, those not checked yet get no requests. */
  checked(): Promise<void>;
  /** Puts other settings into effect, for what begins from now on. Throws, and changes nothing, for a certificate that is none. */
  change(options: LiveOptions): void;
  /**
   * Accepts no more, lets the requests under way end, and closes everything; the abort of `signal` cuts them off.
   * May be called again, to give a signal.
   */
  stop(signal?: AbortSignal): Promise<void>;
  /** The ports it listens on; the same when one listener serves both. */
  ports(): { readonly traffic: number; readonly management: number };
}

/** Puts the parts together: each request goes to its function's node, or to the management. */
export async function createBalancer(options: BalancerOptions): Promise<Balancer> {
  const { clock, random, ids, log, link, nodeTls } = options;
  let live: LiveOptions = options;
  let limits = limitsOf(options);
  let check = healthCheckOf(options);

  const policy = createPolicy(options.policy, { clock, random });
  const pools = new ConnectionPools({ clock, tls: nodeTls });
  const members = new Members({
    get thresholds() {
      return live.health.thresholds;
    },
    clock,
    onAdd(node) {
      pools.open(node);
      prober.watch(node);
      log.info({ node }, "node added");
    },
    onRemove(node) {
      prober.unwatch(node);
      pools.close(node);
      policy.removeNode(node);
      log.info({ node }, "node removed");
    },
    onMove(node, state, reason) {
      // What is idle there is dead, or is about to be closed.
      if (state !== "healthy") pools.closeIdle(node);
      if (state === "unhealthy") {
        prober.hurry(node);
        suspicion.tell(node);
      }
      log.info({ node, reason }, `node is ${state}`);
    },
    onCandidates: (candidates) => policy.setNodes(candidates),
  });
  const prober = new Prober({
    check: (node, signal) => check(node, signal),
    get intervalMs() {
      return live.health.intervalMs;
    },
    get timeoutMs() {
      return live.health.timeoutMs;
    },
    clock,
    random,
    onResult(node, result, reason) {
      if (result.passed) pools.noteHeard(node);
      else log.warn({ node, reason: messageOf(reason) }, "health check failed");
      members.apply(node, result, messageOf(reason));
    },
  });
  const suspicion = shareHealth(prober, link);

  const nodes = new Registry({ members, source: options.source, outstandingOf: (node) => pools.busy(node) });
  const traffic = new Traffic(clock);
  const metrics: LbMetrics = new LbMetrics({
    nodes,
    traffic,
    pools: () => pools.sizes(),
    connections: () => listener.connections,
    eventReaders: () => management.eventReaders,
  });
  const isShared = isSameAddress(options.listen, options.mgmtListen);
  const management = new Management({
    nodes,
    figures: gatherFigures({ traffic, metrics, link, now: () => Math.floor(clock.nowMs() / 1000) }),
    homes: homesBy(policy),
    warm: createWarmNode({ timeoutMs: WARM_MS, tls: nodeTls, token: options.nodeToken }),
    access: { token: options.mgmtToken, isOpen: !isShared && options.mgmtListen.host !== undefined },
    dashboard: await readFile(DASHBOARD, "utf8"),
    clock,
    ids,
    log,
  });
  const forwarder = new Forwarder({
    policy,
    pools,
    observer: observers(traffic, metrics, requestLog(log)),
    onOutcome: (node, outcome) => members.onOutcome(node, outcome),
    clock,
    random,
    get timeouts() {
      return live.timeouts.forward;
    },
    keptBytesMax: options.keptBytesMax,
  });

  const toNode: Serve = (exchange, peer, path) => forwarder.forward(exchange, peer, functionKey(path));
  const toManagement: Serve = (exchange, peer) => void management.handle(exchange, peer.address);
  const toEither: Serve = (exchange, peer, path) =>
    (management.serves(path) ? toManagement : toNode)(exchange, peer, path);

  const listenerFor = (serve: Serve, tls: TlsOptions | undefined) =>
    new HttpListener({
      onRequest: (exchange, peer) => serve(exchange, peer, pathOf(exchange.head.target)),
      onError: (error) => log.warn({ reason: error.message }, "a connection could not be accepted"),
      limits: () => limits,
      stopIdleMs: options.stopIdleMs,
      tls,
      clock,
      random,
    });
  const listener = listenerFor(isShared ? toEither : toNode, options.tls);
  const managementListener = isShared ? listener : listenerFor(toManagement, undefined);
  let loads: { stop(): void } | undefined;
  let delayed: Promise<void> | undefined;

  const balancer: Balancer = {
    async start() {
      try {
        loads = shareLoads(policy.loads, link, clock);
        await nodes.start();
        // Where other workers listen too: a request that came before the nodes are known to be healthy would find none.
        if (link.socket("traffic")) await prober.checkedOnce();
        await listener.start(link.socket("traffic") ?? options.listen);
        if (!isShared) await managementListener.start(link.socket("management") ?? options.mgmtListen);
      } catch (error) {
        await balancer.stop(AbortSignal.abort());
        throw error;
      }
    },
    checked: () => prober.checkedOnce(),
    change(next) {
      if (next.tls) listener.setSecureContext(next.tls);
      live = next;
      limits = limitsOf(next);
      check = healthCheckOf({ ...next, nodeTls });
    },
    async stop(signal) {
      management.stop();
      if (options.drainDelayMs > 0) delayed ??= sleep(clock, options.drainDelayMs, signal).catch(() => {});
      await delayed;
      // The management last: it shows what is going on until all is done.
      await listener.stop(signal);
      await managementListener.stop(signal);
      loads?.stop();
      await nodes.stop();
      prober.stop();
      pools.closeAll();
    },
    ports: () => ({ traffic: listener.port, management: managementListener.port }),
  };
  return balancer;
}

type Serve = (exchange: Exchange, peer: Peer, path: string) => void;

function limitsOf({ timeouts: { headerMs, idleMs }, connectionsMax, trustedProxies }: LiveOptions) {
  return {
    timeouts: { headMs: headerMs, idleMs },
    connectionsMax,
    trusted: new TrustedProxies(trustedProxies),
  };
}

function healthCheckOf({ health, nodeTls }: Pick<BalancerOptions, "health" | "nodeTls">): HealthCheck {
  return createHealthCheck({ ...health, tls: nodeTls });
}

function messageOf(reason: unknown): string | undefined {
  return reason instanceof Error ? reason.message : undefined;
}
