import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Clock } from "../clock/clock.ts";
import type { Random } from "../clock/random.ts";
import { asFnError, errorText, FnError } from "../model/errors.ts";
import { Admin } from "./admin/admin.ts";
import { Stats } from "./admin/stats.ts";
import { type Exchange, forward } from "./forward/forward.ts";
import { type ListenAddress, Listener } from "./forward/listener.ts";
import { NodePools } from "./forward/node-pools.ts";
import { parseTarget } from "./forward/target.ts";
import type { Thresholds } from "./nodes/health.ts";
import { createHealthCheck } from "./nodes/health-check.ts";
import { Members } from "./nodes/members.ts";
import { Prober } from "./nodes/prober.ts";
import { functionKey, hashOfKey } from "./placement/key.ts";
import { Load } from "./placement/load.ts";
import { placeCall } from "./placement/placement.ts";

const DASHBOARD = new URL("../dashboard/lb.html", import.meta.url);

export interface BalancerOptions {
  /** The first nodes, each `host:port`. */
  readonly nodes: readonly string[];
  readonly listen: ListenAddress;
  /** The same address as `listen` makes one listener serve both. */
  readonly mgmtListen: ListenAddress;
  readonly health: {
    readonly path: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly thresholds: Thresholds;
    /** Nodes of an older version, `a.b.c`, get no requests. */
    readonly versionMin: string;
  };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Balancer {
  /** Begins to check the nodes and to listen. Throws `node_name_invalid`, and the system's error for an address. */
  start(): Promise<void>;
  /** Resolves when each node has been checked once: before that, those not checked yet get no requests. */
  checked(): Promise<void>;
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
  const { clock, random, log, health } = options;
  const pools = new NodePools();
  const load = new Load(clock);
  const stats = new Stats(clock);

  const members = new Members({
    thresholds: health.thresholds,
    onAdd(node) {
      pools.open(node);
      prober.watch(node);
      log.info({ node }, "node added");
    },
    onRemove(node) {
      prober.unwatch(node);
      load.remove(node);
      void pools.close(node);
      log.info({ node }, "node removed");
    },
    onMove(node, state) {
      log.info({ node }, `node is ${state}`);
    },
  });

  const prober = new Prober({
    check: createHealthCheck(health),
    intervalMs: health.intervalMs,
    timeoutMs: health.timeoutMs,
    clock,
    onResult(node, result, reason) {
      if (!result.passed) log.warn({ node, reason: messageOf(reason) }, "health check failed");
      members.apply(node, result);
    },
  });

  const admin = new Admin({ members, stats, dashboard: await readFile(DASHBOARD, "utf8") });

  const toNode: Serve = (exchange) => {
    const key = functionKey(exchange.target.path);
    const hash = hashOfKey(key);
    const nodes = placeCall(hash, members.healthy(), (node) => load.waitNs(node, hash), random);
    return forward(exchange, nodes, {
      pools,
      clock,
      onAnswer(node, waitNs) {
        stats.add(node, key, waitNs);
        // An answer that tells no wait ran no function here, and says nothing about the load. One that comes when
        // its node was removed must not leave a memory of it.
        if (waitNs !== undefined && members.has(node)) load.add(node, hash, waitNs);
      },
      onUnreachable(node, beganNs, cause) {
        log.warn({ node, reason: messageOf(cause) }, "node cannot be reached");
        members.apply(node, { passed: false, beganNs });
      },
    });
  };

  const toAdmin: Serve = ({ request, response, target }) =>
    admin.handle(target.path, request, response, request.socket.remoteAddress ?? "");

  const toEither: Serve = (exchange) => (admin.serves(exchange.target.path) ? toAdmin : toNode)(exchange);

  const listenerFor = (serve: Serve) =>
    new Listener(
      (request, response) => void answer(serve, request, response, log),
      (error) => log.error({ err: error }, "a connection could not be accepted"),
    );

  const isShared = isSameAddress(options.listen, options.mgmtListen);
  const traffic = listenerFor(isShared ? toEither : toNode);
  const management = isShared ? traffic : listenerFor(toAdmin);

  const balancer: Balancer = {
    async start() {
      try {
        for (const node of options.nodes) members.add(node);
        await traffic.start(options.listen);
        if (!isShared) await management.start(options.mgmtListen);
      } catch (error) {
        await balancer.stop();
        throw error;
      }
    },
    checked: () => prober.checkedOnce(),
    async stop(signal) {
      // The management last: it shows what is going on until all is done.
      await traffic.stop(signal);
      await management.stop(signal);
      prober.stop();
      await pools.closeAll();
    },
    ports: () => ({ traffic: traffic.port, management: management.port }),
  };
  return balancer;
}

type Serve = (exchange: Exchange) => Promise<void>;

/** Serves a request; what goes wrong becomes an error answer, as long as there is one to give. */
async function answer(
  serve: Serve,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  try {
    const target = parseTarget(request.url ?? "");
    if (target === undefined) throw new FnError("request_malformed", { reason: "the target is not a path" });
    await serve({ request, response, target });
  } catch (thrown) {
    // A client that left is nobody's failure.
    if (response.destroyed) return;
    const error = asFnError(thrown);
    noteError(log, request, error);
    sendError(response, error);
  }
}

/** Only what should not happen is told with the place in the code. */
function noteError(log: Logger, { url }: IncomingMessage, error: FnError): void {
  const facts = { url, code: error.code, reason: messageOf(error.cause) };
  if (error.code === "internal") log.error({ ...facts, err: error.cause }, "request failed");
  else if (error.fault === "caller") log.debug(facts, "request refused");
  else log.warn(facts, "request failed");
}

function messageOf(reason: unknown): string | undefined {
  return reason instanceof Error ? reason.message : undefined;
}

function sendError(response: ServerResponse, error: FnError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = errorText(error);
  response.writeHead(error.status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

function isSameAddress(a: ListenAddress, b: ListenAddress): boolean {
  return a.host === b.host && a.port === b.port;
}
