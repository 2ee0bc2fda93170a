/** What the tests of forwarding stand on: nodes and clients that say any bytes, and a clock that stands still. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { FakeClock } from "../../clock/fake-clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { Client } from "../../http1/testdata/connection-rig.ts";
import type { AttemptOutcome, FinishedRequest } from "../observer.ts";
import { ConnectionPools, type PoolsOptions } from "./connection-pools.ts";
import {
  DEFAULT_TIMEOUTS,
  Forwarder,
  type ForwarderOptions,
  type ForwardTimeouts,
  type NodeOutcome,
} from "./forwarder.ts";
import { HttpListener, type HttpListenerOptions, type ListenerLimits } from "./listener.ts";
import { TrustedProxies } from "./trusted-proxies.ts";

export const LOOPBACK = "127.0.0.1";

/** Some news, such as a connection that was taken, are told by nobody. */
const LOOK_MS = 5;
const LOOKS_MAX = 20_000;

export interface RigOptions {
  readonly forwarder?: Partial<ForwarderOptions>;
  readonly pools?: Partial<PoolsOptions>;
  readonly timeouts?: Partial<ForwardTimeouts>;
  readonly limits?: Partial<ListenerLimits>;
  readonly tls?: HttpListenerOptions["tls"];
}

/** A connection that a node has taken. */
export interface NodeEnd {
  readonly socket: Socket;
  /** All that came, a character per byte. */
  text: string;
  hasEnd: boolean;
  isClosed: boolean;
}

/** Called when a whole head has come, for each. What it says goes to the balancer as it is. */
export type Serve = (end: NodeEnd, head: string, count: number) => void;

export class FakeNode {
  readonly ends: NodeEnd[] = [];
  /** Heads that have come, over all connections. */
  readonly heads: string[] = [];
  serve: Serve;
  port = 0;
  readonly #server: Server;

  constructor(serve: Serve, changed: () => void) {
    this.serve = serve;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const end: NodeEnd = { socket, text: "", hasEnd: false, isClosed: false };
      let seen = 0;
      this.ends.push(end);
      socket.setEncoding("latin1").on("error", () => {});
      socket.on("data", (text: string) => {
        end.text += text;
        for (let at = end.text.indexOf("\r\n\r\n", seen); at >= 0; at = end.text.indexOf("\r\n\r\n", seen)) {
          const head = end.text.slice(seen, at + 4);
          seen = at + 4;
          if (!/ HTTP\/1\.1\r\n/.test(head)) continue;
          this.heads.push(head.slice(head.search(/[A-Z]+ \S+ HTTP\/1\.1\r\n/)));
          this.serve(end, head, this.heads.length);
        }
        changed();
      });
      socket.on("end", () => {
        end.hasEnd = true;
        changed();
      });
      socket.on("close", () => {
        end.isClosed = true;
        changed();
      });
      changed();
    });
  }

  get name(): string {
    return `${LOOPBACK}:${this.port}`;
  }

  async start(): Promise<void> {
    this.#server.listen(this.port, LOOPBACK);
    await once(this.#server, "listening");
    // What listens on a port has an address of this kind.
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections, and breaks off those it has. */
  stop(): void {
    this.#server.close();
    for (const { socket } of this.ends) socket.destroy();
  }
}

export class ForwardRig {
  readonly clock = new FakeClock();
  readonly nodes: FakeNode[] = [];
  readonly clients: Client[] = [];
  readonly finished: FinishedRequest[] = [];
  readonly retried: [node: string, reason: AttemptOutcome][] = [];
  readonly outcomes: (NodeOutcome & { node: string })[] = [];
  /** What became of each placing, in order. */
  readonly placings: { node: string; waitNs: number | undefined; isAnswered: boolean; ends: number }[] = [];
  readonly errors: Error[] = [];
  readonly pools: ConnectionPools;
  readonly forwarder: Forwarder;
  readonly listener: HttpListener;
  #news: PromiseWithResolvers<void> | undefined;
  #isStopped = false;

  /** One node for each way of serving; they are tried in this order. */
  static async start(
    t: TestContext,
    serves: readonly Serve[],
    options: RigOptions = {},
  ): Promise<ForwardRig> {
    const rig = new ForwardRig(options);
    for (const serve of serves) {
      const node = new FakeNode(serve, rig.changed);
      await node.start();
      rig.nodes.push(node);
      rig.pools.open(node.name);
    }
    await rig.listener.start({ port: 0, host: LOOPBACK });
    t.after(() => rig.#stop());
    return rig;
  }

  private constructor(options: RigOptions) {
    const { clock } = this;
    const random = seededRandom(1);
    this.pools = new ConnectionPools({ clock, ...options.pools });
    this.forwarder = new Forwarder({
      policy: { place: (_fn, tried) => this.#place(tried) },
      pools: this.pools,
      observer: {
        retried: (node, reason) => void this.retried.push([node, reason]),
        finished: (request) => {
          this.finished.push(request);
          this.changed();
        },
      },
      onOutcome: (node, outcome) => {
        this.outcomes.push({ node, ...outcome });
        this.changed();
      },
      clock,
      random,
      timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
      ...options.forwarder,
    });
    this.listener = new HttpListener({
      onRequest: (exchange, peer) => this.forwarder.forward(exchange, peer, exchange.head.target),
      onError: (error) => void this.errors.push(error),
      limits: () => ({
        connectionsMax: 1000,
        timeouts: {},
        trusted: new TrustedProxies(),
        ...options.limits,
      }),
      tls: options.tls,
      clock,
      random,
    });
  }

  /** A client of the balancer. */
  connect(): Client {
    const client = new Client(this.listener.port, this.changed);
    this.clients.push(client);
    return client;
  }

  /** Sends bytes over a connection of their own, and gives all that is answered until `isEnough`. */
  async ask(text: string | Buffer, isEnough = (answer: string) => isWhole(answer)): Promise<string> {
    const client = this.connect();
    client.send(text);
    await this.until(() => client.hasEnd || isEnough(client.text));
    client.socket.destroy();
    return client.text;
  }

  readonly changed = (): void => {
    this.#news?.resolve();
    this.#news = undefined;
  };

  /** Waits until something is so; looked at whenever a client or a node has news, and now and then. */
  async until(isSo: () => boolean): Promise<void> {
    for (let looks = 0; !this.#isStopped && !isSo(); looks++) {
      if (looks > LOOKS_MAX) throw new Error(`it is not so: ${isSo}`);
      this.#news ??= Promise.withResolvers();
      await Promise.race([this.#news.promise, setTimeout(LOOK_MS)]);
    }
  }

  #place(tried: readonly string[]) {
    const node = this.nodes.find(({ name }) => !tried.includes(name));
    if (!node) return undefined;
    const placing = { node: node.name, waitNs: undefined as number | undefined, isAnswered: false, ends: 0 };
    this.placings.push(placing);
    return {
      node: node.name,
      answered: (waitNs: number | undefined) => {
        placing.isAnswered = true;
        placing.waitNs = waitNs;
      },
      end: () => void placing.ends++,
    };
  }

  async #stop(): Promise<void> {
    this.#isStopped = true;
    this.changed();
    for (const { socket } of this.clients) socket.destroy();
    for (const node of this.nodes) node.stop();
    this.pools.closeAll();
    await this.listener.stop(AbortSignal.abort());
  }
}

/** Whether an answer with a length, with chunks or without a body has come whole. */
export function isWhole(text: string): boolean {
  const start = text.search(/HTTP\/1\.1 [2-5]/);
  const end = text.indexOf("\r\n\r\n", start);
  if (start < 0 || end < 0) return false;
  const head = text.slice(start, end);
  if (/\r\nTransfer-Encoding: chunked/i.test(head))
    return /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(text.slice(end + 4));
  const length = /\r\nContent-Length: (\d+)/i.exec(head)?.[1];
  return length === undefined || text.length - end - 4 >= Number(length);
}

export function ok(body: string, lines = ""): string {
  return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A way of serving: these bytes for each head. */
export function says(text: string): Serve {
  return ({ socket }) => void socket.write(text, "latin1");
}

export const hello: Serve = says(ok("hello"));

export function get(path = "/r/app/f", lines = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
}

export function post(body: string, lines = "", path = "/r/app/f"): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

export function codeOf(answer: string): string | undefined {
  return JSON.parse(bodyOf(answer)).error.code;
}

/** The values of a field in a head, by its name in any case. */
export function valuesOf(head: string, name: string): string[] {
  return [...head.matchAll(/^([^:\r\n]+): ?(.*)\r$/gm)]
    .filter(([, field = ""]) => field.toLowerCase() === name.toLowerCase())
    .map(([, , value = ""]) => value);
}
