/** A whole node over HTTP: the management API on a store in memory, and an agent whose functions all answer `hello`. */
import { pino } from "pino";
import { FnCache } from "../fn-cache.ts";
import { answering } from "../invoke-rig.suite.ts";
import { Metrics, NO_AGENT } from "../metrics.ts";
import { HttpNode } from "../node.ts";
import { endQueued, type Lifetime, openRig, seedCalls, seedQueued } from "../v1/rig.suite.ts";

export interface SeededNode {
  readonly baseUrl: string;
  /** What there is to ask for. */
  readonly seeds: Seeds;
  /** As at SIGTERM. */
  stop(): Promise<void>;
}

/** Ids; names are `demo` for the app, `/hello` for the route, its fn and its trigger. */
export interface Seeds {
  readonly appId: string;
  readonly fnId: string;
  readonly triggerId: string;
  readonly endedCall: string;
  /** With an answer. */
  readonly asyncCall: string;
  readonly deadCall: string;
  readonly queuedCall: string;
}

export async function startSeededNode(t: Lifetime): Promise<SeededNode> {
  const rig = await openRig(t);
  const endedCall = "0".repeat(26);
  await seedCalls(rig, [endedCall], {}, "a log");
  const asyncCall = await seedQueued(rig);
  const headers = [["Content-Type", "text/plain"]] as const;
  await endQueued(rig, {}, { status: 200, headers, body: Buffer.from("hello"), bodyBytes: 5 });
  const deadCall = await seedQueued(rig);
  await endQueued(rig, { status: "error", error: "it broke", isDead: true });
  const queuedCall = await seedQueued(rig);
  const route = await rig.store.routes.get("demo", "/hello");
  if (!route) throw new Error("The route was not stored");

  const node = new HttpNode({
    type: "full",
    agent: { submit: answering(200, [["Content-Type", "text/plain"]], "hello"), prewarm: () => undefined },
    // What the management asks of its callers is asked behind the node.
    store: rig.store,
    fns: new FnCache(rig.store, rig.clock),
    management: {
      handle: (request, response) => void rig.server.emit("request", request, response),
      drain: () => rig.management.drain(),
    },
    access: { authorize: async () => {}, authorizeCall: () => {} },
    metrics: new Metrics(() => NO_AGENT),
    clock: rig.clock,
    log: pino({ level: "silent" }),
    ids: rig.ids,
    nodeName: "node-1",
    bodyBytesMax: 1000,
    asyncBodyBytesMax: 1000,
    host: "127.0.0.1",
    port: 0,
  });
  const port = await node.start();
  t.after(async () => {
    const stopped = node.stop();
    node.kill();
    await stopped;
  });
  const { app, fn, trigger } = route;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    stop: () => node.stop(),
    seeds: { appId: app.id, fnId: fn.id, triggerId: trigger.id, endedCall, asyncCall, deadCall, queuedCall },
  };
}
