import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import type { Exchange } from "../exchange.ts";
import type { Http1Error } from "../http1-error.ts";
import { createDateField } from "../response-writer.ts";
import { ServerConnection } from "../server-connection.ts";

type OnRequest = (exchange: Exchange, connection: ServerConnection) => void;

/** Connections over real sockets, with a clock that stands still. */
export class ConnectionRig {
  readonly clock = new FakeClock();
  readonly exchanges: Exchange[] = [];
  readonly connections: ServerConnection[] = [];
  /** The server's ends of the connections. */
  readonly sockets: Socket[] = [];
  readonly refused: string[] = [];
  closed = 0;
  readonly #server: Server;
  readonly #clients: Client[] = [];
  readonly #changes = new EventEmitter();

  /** Without `onRequest` the requests wait in `exchanges`. */
  static async start(t: TestContext, onRequest: OnRequest = () => {}): Promise<ConnectionRig> {
    const rig = new ConnectionRig(onRequest);
    await new Promise<void>((resolve) => rig.#server.listen(0, "127.0.0.1", resolve));
    t.after(() => rig.#stop());
    return rig;
  }

  private constructor(onRequest: OnRequest) {
    const options = {
      clock: this.clock,
      date: createDateField(this.clock),
      onRequest: (exchange: Exchange, connection: ServerConnection) => {
        this.exchanges.push(exchange);
        this.changed();
        onRequest(exchange, connection);
      },
      refusal: (error: Http1Error) => {
        this.refused.push(error.kind);
        return { status: 400, fields: ["X-Kind", error.kind], body: Buffer.from("no\n") };
      },
      onClose: () => {
        this.closed++;
        this.changed();
      },
    };
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      this.connections.push(new ServerConnection(socket, options));
      this.changed();
    });
  }

  /** A client whose connection has been taken. */
  async connect(): Promise<Client> {
    const taken = this.connections.length;
    const { port } = this.#server.address() as AddressInfo; // What listens on a port has an address of this kind.
    const client = new Client(port, () => this.changed());
    this.#clients.push(client);
    await this.until(() => this.connections.length > taken);
    return client;
  }

  /** The request of this number, once it has come. */
  async request(index = 0): Promise<Exchange> {
    await this.until(() => this.exchanges.length > index);
    const exchange = this.exchanges[index];
    assert.ok(exchange);
    return exchange;
  }

  changed(): void {
    this.#changes.emit("change");
  }

  /** Waits until something is so; looked at whenever a client, a server's end or a test has news. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await once(this.#changes, "change");
  }

  #stop(): void {
    for (const socket of this.sockets) socket.destroy();
    for (const { socket } of this.#clients) socket.destroy();
    this.#server.close();
  }
}

/** Says what it is told, and keeps what it hears, a character per byte. */
export class Client {
  readonly socket: Socket;
  text = "";
  /** The server has closed its side. */
  hasEnd = false;
  isClosed = false;

  constructor(port: number, changed: () => void) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    this.socket.setEncoding("latin1").on("error", () => {});
    this.socket.on("data", (text: string) => {
      this.text += text;
      changed();
    });
    this.socket.on("end", () => {
      this.hasEnd = true;
      changed();
    });
    this.socket.on("close", () => {
      this.isClosed = true;
      changed();
    });
  }

  send(text: string | Buffer): void {
    this.socket.write(text, "latin1");
  }

  /** The statuses that were heard, in order. */
  get statuses(): string[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = ""]) => status);
  }

  /** What was heard of bodies when each is of one line. */
  get lines(): string[] {
    return [...this.text.matchAll(/\r\n\r\n(.*)\n/g)].map(([, line = ""]) => line);
  }
}

/** Lets what was sent on loopback arrive, where there is nothing to wait for. */
export async function arrive(): Promise<void> {
  for (let i = 0; i < 10; i++) await settle();
}

export function get(path: string, lines = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
}

export function post(path: string, body: string, lines = ""): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}

export function chunked(path: string, chunks: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
}

/** The answer of the tests: one line that tells what was asked for. */
export function answerTarget(exchange: Exchange): void {
  exchange.answer(200, [], Buffer.from(`${exchange.head.target}\n`));
}

export async function readAll(exchange: Exchange): Promise<string> {
  let text = "";
  for await (const part of exchange.body ?? []) text += part.toString("latin1");
  return text;
}

/** The answer of the tests to a body: that body, as a line. */
export async function answerBody(exchange: Exchange): Promise<void> {
  exchange.answer(200, [], Buffer.from(`${await readAll(exchange)}\n`));
}
