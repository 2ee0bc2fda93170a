import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Clock } from "../clock/clock.ts";
import type { HeaderField } from "./fields.ts";
import { isPersistent } from "./framing.ts";
import { LazyAlarm } from "./lazy-alarm.ts";
import { Outbox } from "./outbox.ts";
import { READ_BYTES, SHARED_MEMORY } from "./read-into.ts";
import {
  type InterimHead,
  type ResponseHandler,
  type ResponseHead,
  ResponseReader,
} from "./response-reader.ts";

export interface ClientConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined for plain TCP. */
  readonly tls: ConnectionOptions | undefined;
  readonly clock: Clock;
  readonly owner: ConnectionOwner;
}

/** Who made a connection, and hands it out. */
export interface ConnectionOwner {
  /** It is open for its first request. */
  opened(connection: ClientConnection): void;
  /** Its response is whole, and it takes another request. */
  idle(connection: ClientConnection): void;
  /** It is gone; `cause` says why, and is undefined when the other side simply closed it, or its owner did. */
  closed(connection: ClientConnection, cause: Error | undefined): void;
}

/**
 * Gets the response to one request. Bodies come as what one read has brought: they lie in memory that is used again, and
 * have to be copied if they are to outlive the call.
 */
export interface ResponseTaker {
  interim(head: InterimHead): void;
  /** The head, with what came of the body in the same read. False asks to wait until `resume`. */
  head(head: ResponseHead, rest: ResponsePart): boolean;
  /** More of the body. False asks to wait until `resume`. */
  more(part: ResponsePart): boolean;
  /** The response will not be whole: the connection broke, or what came on it was no response. */
  failed(cause: Error): void;
  /** More of the request can be written. */
  drained(): void;
  /** The alarm that was set has gone off. */
  late(): void;
}

/** What one read has brought of a body. */
export interface ResponsePart {
  readonly bytes: Buffer;
  /** Nothing follows: the connection is already free for another request. */
  readonly isWhole: boolean;
  /** Fields after a body in chunks, when it is whole. */
  readonly trailers: readonly HeaderField[];
}

/**
 * What a connection is doing. One that is spent is closed, or about to be.
 *
 *     connecting ──► idle ⇄ busy
 *          └──────────┴──────┴───► spent
 */
type State = "connecting" | "idle" | "busy" | "spent";

/** The client's side of one HTTP/1.1 connection: one request at a time. */
export class ClientConnection implements ResponseHandler {
  /** When it became idle last, in monotonic ns. For its owner. */
  idleSinceNs = 0;
  /** For its owner. */
  epoch = 0;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #owner: ConnectionOwner;
  readonly #reader = new ResponseReader(this);
  readonly #alarm: LazyAlarm;
  #state: State = "connecting";
  #taker: ResponseTaker | undefined;
  #requests = 0;
  #isRequestWhole = true;
  #isWaiting = false;
  #cause: Error | undefined;
  /** Of this read. */
  #head: ResponseHead | undefined;
  #isKept = false;
  #body: Buffer | undefined;

  constructor(options: ClientConnectionOptions) {
    this.#owner = options.owner;
    this.#alarm = new LazyAlarm(options.clock, () => this.#taker?.late());
    this.#socket = openSocket(options, (count, bytes) => this.#read(bytes.subarray(0, count)));
    this.#outbox = new Outbox(this.#socket, "requests");
    this.#socket.on(options.tls ? "secureConnect" : "connect", () => this.#onOpen());
    this.#socket.on("drain", () => this.#taker?.drained());
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("error", (error) => {
      this.#cause = error;
    });
    this.#socket.on("close", () => this.#lose(this.#cause));
  }

  /** How many requests it has had. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Begins a request, which `taker` gets the response to. `isWhole`: nothing follows its head; else `write` and `finish` do.
   * Throws when it has one already.
   */
  send(method: string, head: string, isWhole: boolean, taker: ResponseTaker): void {
    if (this.#state !== "idle") throw new Error(`a connection that is ${this.#state} takes no request`);
    this.#state = "busy";
    this.#requests++;
    this.#taker = taker;
    this.#isRequestWhole = isWhole;
    this.#head = undefined;
    this.#reader.start(method);
    this.#outbox.write(head);
  }

  /** Bytes of the request's body in its framing, or text with a character per byte. False asks to wait for `drained`. */
  write(bytes: Uint8Array | string): boolean {
    return this.#outbox.write(bytes);
  }

  /** The request is whole. */
  finish(): void {
    this.#isRequestWhole = true;
  }

  /** Has the taker told that it is late, `delayMs` from now, unless it is set again, or the response is whole. */
  setAlarm(delayMs: number): void {
    this.#alarm.set(delayMs);
  }

  clearAlarm(): void {
    this.#alarm.clear();
  }

  /** The taker that asked to wait can go on. */
  resume(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#socket.resume();
  }

  /** Closes it, whatever it is doing; its taker hears nothing more. */
  destroy(): void {
    this.#taker = undefined;
    this.#spend();
  }

  // What follows is for the reader.

  interim(head: InterimHead): void {
    this.#taker?.interim(head);
  }

  head(head: ResponseHead): void {
    this.#head = head;
    this.#isKept = isPersistent(head.minorVersion, head.connection);
  }

  body(part: Buffer): boolean {
    this.#body = this.#body ? Buffer.concat([this.#body, part]) : part;
    return true;
  }

  #onOpen(): void {
    if (this.#state !== "connecting") return;
    this.#state = "idle";
    this.#owner.opened(this);
  }

  /** False asks the socket to wait. */
  #read(bytes: Buffer): boolean {
    if (this.#state !== "busy") {
      // Nobody asked for these: whatever they are, they must not pass for an answer to the next request.
      this.#spend();
      return false;
    }
    let isClean: boolean;
    try {
      isClean = this.#reader.push(bytes) === bytes.length;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    // An interim response can have made the taker give up.
    if (!this.#taker) return false;
    return this.#give(this.#reader.isDone, isClean);
  }

  /** Gives the taker what has come. A connection that can be used again is so at once: the next request may be waiting. */
  #give(isWhole: boolean, isClean: boolean): boolean {
    const taker = this.#taker;
    const head = this.#head;
    const part = { bytes: this.#body ?? NOTHING, isWhole, trailers: this.#reader.trailers };
    this.#head = undefined;
    this.#body = undefined;
    if (isWhole) {
      this.#taker = undefined;
      this.#alarm.clear();
      if (isClean && this.#isKept && this.#isRequestWhole) {
        this.#state = "idle";
        this.#owner.idle(this);
      } else {
        this.#spend();
      }
    }
    let goesOn = true;
    if (head) goesOn = taker?.head(head, part) !== false;
    else if (isWhole || part.bytes.length > 0) goesOn = taker?.more(part) !== false;
    if (isWhole) return true;
    this.#isWaiting = !goesOn;
    return goesOn;
  }

  /** The other side says no more. */
  #onEnd(): void {
    if (this.#state === "busy" && this.#reader.end()) this.#give(true, false);
    else this.#fail(new Error("the connection was closed before the response was whole"));
  }

  #fail(cause: Error): void {
    const taker = this.#taker;
    this.#taker = undefined;
    this.#spend(cause);
    taker?.failed(cause);
  }

  #lose(cause: Error | undefined): void {
    if (this.#taker) this.#fail(cause ?? new Error("the connection broke"));
    else this.#spend(cause);
  }

  #spend(cause?: Error): void {
    if (this.#state === "spent") return;
    this.#state = "spent";
    this.#alarm.close();
    this.#socket.destroy();
    this.#owner.closed(this, cause);
  }
}

const NOTHING = Buffer.alloc(0);

function openSocket(
  { host, port, tls }: ClientConnectionOptions,
  take: (count: number, bytes: Buffer) => boolean,
): Socket {
  // Node gives back the buffer that it was given.
  const callback: OnReadOpts["callback"] = (count, bytes) => take(count, bytes as Buffer);
  if (!tls) return connectTcp({ host, port, noDelay: true, onread: { buffer: SHARED_MEMORY, callback } });
  // To write on one such connection can make another read, so each has memory of its own.
  const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback };
  const servername = isIP(host) === 0 ? { servername: host } : {};
  // Node documents this option of its TLS sockets, and its types do not have it.
  const options = { host, port, ...servername, ...tls, onread };
  return connectTls(options).setNoDelay(true);
}
