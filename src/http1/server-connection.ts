import type { Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";
import { Exchange, type ExchangeWire } from "./exchange.ts";
import { isPersistent } from "./framing.ts";
import { Http1Error } from "./http1-error.ts";
import { IncomingBody } from "./incoming-body.ts";
import { LazyAlarm } from "./lazy-alarm.ts";
import { Outbox } from "./outbox.ts";
import { readIntoShared } from "./read-into.ts";
import { type RequestHead, RequestReader } from "./request-reader.ts";
import { encodeResponseHead } from "./response-writer.ts";
import { DEFAULT_TIMEOUTS, type ServerTimeouts } from "./server-timeouts.ts";

export interface ServerConnectionOptions {
  readonly clock: Clock;
  /** The value of the Date field. */
  readonly date: () => string;
  /**
   * A request has come; it is answered through the exchange, sooner or later. What this throws breaks the connection
   * off and is thrown on.
   */
  readonly onRequest: (exchange: Exchange, connection: ServerConnection) => void;
  /** Bytes that are no request, or come too slowly: the last that is said on this connection. */
  readonly refusal: (error: Http1Error) => Refusal;
  /** The connection is gone, or somebody else's. */
  readonly onClose: (connection: ServerConnection) => void;
  /** DEFAULT_TIMEOUTS, where it is absent. */
  readonly timeouts?: ServerTimeouts;
  /** Reads into memory that is shared with other connections (read-into.ts). Such a connection cannot be released. */
  readonly sharesReads?: boolean;
}

export interface Refusal {
  readonly status: number;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  readonly body: Uint8Array;
}

/**
 * The server's side of one HTTP/1.1 connection: requests one after another, each answered before the next is begun
 * (RFC 9112 section 9.3.2 wants the answers in order). What a client sends ahead stays in its own hands, but for one
 * piece.
 */
export class ServerConnection implements ExchangeWire {
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #options: ServerConnectionOptions;
  readonly #timeouts: ServerTimeouts;
  readonly #reader = new RequestReader((part) => this.#exchange?.body?.push(part) !== false);
  /** Goes off when the client is too slow, with whatever it is that it has to do. */
  readonly #alarm: LazyAlarm;
  #exchange: Exchange | undefined;
  /** The answer was given: the exchange is there only for the rest of its body. */
  #isAnswered = false;
  /** No other request after this one. */
  #isLast = false;
  #isOwnerStopping = false;
  #stopIdleMs = 0;
  /** The client waits for a 100 with its body, and may never send it without. */
  #awaitsContinue = false;
  /** Bytes that cannot be taken yet. */
  #ahead: Buffer | undefined;
  /** They lie in memory that others read into next. */
  #isAheadBorrowed = false;
  #isTaking = false;
  /** What still comes is of no use. */
  #isDeaf = false;
  #isDetached = false;
  #drain: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket, options: ServerConnectionOptions) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket, "answers");
    this.#options = options;
    this.#timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
    this.#alarm = new LazyAlarm(options.clock, () => this.#onTooSlow());
    if (options.sharesReads) readIntoShared(socket, this.#onBorrowed);
    // Without that it is this which brings the bytes; with it, it only lets the socket flow.
    socket.on("data", this.#onData).on("end", this.#onEnd).on("drain", this.#onDrain);
    socket.on("error", ignore).on("close", this.#onClose);
    this.#alarm.set(this.#timeouts.idleMs);
  }

  /** The address at the other end; empty when the connection is gone. */
  get peer(): string {
    return this.#socket.remoteAddress ?? "";
  }

  /**
   * Takes no further request: closes now if it has none, else after its answer. A client that sends what may not be sent
   * twice has to be sure that its connection is not closed just then: `idleMs` is the time in which one more request is taken,
   * unless an answer has said that it is the last.
   */
  stop(idleMs = 0): void {
    this.#isOwnerStopping = true;
    this.#stopIdleMs = idleMs;
    if (this.#exchange || this.#isDetached) return;
    if (idleMs === 0 || this.#isDeaf) this.#close(true);
    else this.#alarm.set(idleMs);
  }

  /**
   * Gives the socket away, as it was before the request that has just come: to somebody who speaks HTTP too, and
   * listens at once. Only from within `onRequest`.
   */
  release(): Socket {
    const socket = this.#socket;
    const ahead = this.#ahead ?? NOTHING;
    this.#outbox.flush();
    this.#detach();
    socket.on("error", ignore);
    socket.unshift(Buffer.concat([this.#reader.headBytes, ahead]));
    // What was sent ahead of an earlier answer has stopped it.
    socket.resume();
    return socket;
  }

  // What follows is for the exchange.

  date(): string {
    return this.#options.date();
  }

  isLast(endTells: boolean): boolean {
    this.#isLast ||= endTells || this.#isOwnerStopping;
    if (this.#awaitsContinue) {
      // After this answer there is no 100: the body may come or not, and only the end of the connection tells.
      this.#awaitsContinue = false;
      this.#isLast = true;
      this.#watchBody();
    }
    return this.#isLast;
  }

  write(bytes: Uint8Array | string): boolean {
    return this.#outbox.write(bytes);
  }

  writeBorrowed(before: string, bytes: Uint8Array, after: string): boolean {
    return this.#outbox.writeBorrowed(before, bytes, after);
  }

  drained(): Promise<void> {
    if (this.#socket.destroyed) return Promise.reject(new Error(CLOSED));
    this.#drain ??= Promise.withResolvers();
    return this.#drain.promise;
  }

  finished(): void {
    this.#isAnswered = true;
    this.#exchange?.body?.drop();
    this.#endExchange();
    if (!this.#exchange) this.#take();
  }

  breakOff(withReset: boolean): void {
    this.#outbox.flush();
    if (withReset) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** As `#onData`, for bytes that are gone when this returns: what is still to be taken then is copied. */
  readonly #onBorrowed = (count: number, memory: Buffer): boolean => {
    this.#isAheadBorrowed = !this.#ahead;
    this.#onData(memory.subarray(0, count));
    this.#ownAhead();
    return true;
  };

  readonly #onData = (bytes: Buffer): void => {
    if (this.#isDeaf) return;
    this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, bytes]) : bytes;
    this.#take();
  };

  /** Takes what has come, as far as it can be taken now. One loop at a time: answers may come within it. */
  #take(): void {
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      while (this.#ahead && (this.#exchange ? this.#takeBody(this.#ahead) : this.#takeHead(this.#ahead)));
    } finally {
      this.#isTaking = false;
    }
    if (this.#isDetached || this.#isDeaf) return;
    if (this.#ahead || this.#exchange?.body?.isFull) this.#pause();
    else if (this.#socket.isPaused()) this.#resume();
  }

  /** False when the rest has to wait. */
  #takeHead(bytes: Buffer): boolean {
    // A client that does not take its answers gets no more of them.
    if (this.#outbox.isFull) return false;
    const isFirstPiece = this.#reader.isBetween;
    let head: RequestHead | undefined;
    try {
      this.#keep(bytes, this.#reader.pushHead(bytes, 0));
      head = this.#reader.takeHead();
    } catch (error) {
      this.#refuse(error);
      return false;
    }
    if (head) {
      this.#begin(head);
    } else if (isFirstPiece && !this.#reader.isBetween) {
      // A head comes in one piece nearly always; one that does not has its time from its first piece on.
      this.#alarm.set(this.#timeouts.headMs);
    }
    return true;
  }

  #ownAhead(): void {
    if (this.#isAheadBorrowed && this.#ahead) this.#ahead = Buffer.from(this.#ahead);
    this.#isAheadBorrowed = false;
  }

  /** False when the rest has to wait. */
  #takeBody(borrowed: Buffer): boolean {
    // Who reads a body may keep its parts.
    this.#ownAhead();
    const bytes = this.#ahead ?? borrowed;
    const body = this.#exchange?.body;
    if (this.#reader.isBodyDone || body?.isFull) return false;
    // Who sends the body does not wait any more.
    this.#awaitsContinue = false;
    try {
      this.#keep(bytes, this.#reader.pushBody(bytes, 0));
    } catch (error) {
      this.#refuse(error);
      return false;
    }
    this.#watchBody();
    if (this.#reader.isBodyDone) {
      if (body) {
        body.trailers = this.#reader.trailers;
        body.end();
      }
      this.#endExchange();
    }
    return true;
  }

  /** Keeps the bytes from `at` on. */
  #keep(bytes: Buffer, at: number): void {
    this.#ahead = at === bytes.length ? undefined : at === 0 ? bytes : bytes.subarray(at);
  }

  #begin(head: RequestHead): void {
    const body = head.framing === 0 ? undefined : new IncomingBody(this.#onBodyWanted);
    this.#isLast = !isPersistent(head.minorVersion, head.connection);
    this.#awaitsContinue = body !== undefined && head.expectsContinue;
    this.#isAnswered = false;
    this.#exchange = new Exchange(head, body, this);
    this.#watchBody();
    try {
      this.#options.onRequest(this.#exchange, this);
    } catch (error) {
      this.#socket.destroy();
      throw error;
    }
  }

  readonly #onBodyWanted = (): void => {
    const body = this.#exchange?.body;
    if (this.#awaitsContinue && body && !body.isDropped) {
      this.#awaitsContinue = false;
      this.#watchBody();
      this.#outbox.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    this.#take();
  };

  /** The next request may begin once the answer was given and the body has come. */
  #endExchange(): void {
    if (!this.#exchange || !this.#isAnswered) return;
    const isBodyDone = this.#reader.isBodyDone;
    const isLast = this.#isLast || (this.#isOwnerStopping && isBodyDone && this.#stopIdleMs === 0);
    if (isLast) {
      this.#close();
    } else if (isBodyDone) {
      this.#exchange = undefined;
      this.#reader.start();
      this.#alarm.set(this.#isOwnerStopping ? this.#stopIdleMs : this.#timeouts.idleMs);
    }
  }

  #refuse(error: unknown): void {
    // The reader throws no other.
    if (!(error instanceof Http1Error)) throw error;
    this.#isLast = true;
    this.#deafen();
    const exchange = this.#exchange;
    if (exchange && !exchange.isOver) {
      // Within a body: whoever reads it answers.
      this.#alarm.clear();
      exchange.body?.end(error);
      return;
    }
    if (!exchange) {
      const { status, fields, body } = this.#options.refusal(error);
      const more = ["Date", this.date(), "Content-Length", String(body.length), "Connection", "close"];
      this.write(encodeResponseHead(status, [...fields, ...more]));
      this.write(body);
    }
    this.#close(false);
  }

  /** Says no more, and ends when the client has what was said. */
  #close(isInputWhole = this.#reader.isBodyDone): void {
    this.#exchange = undefined;
    this.#deafen();
    this.#alarm.set(this.#timeouts.closeMs);
    this.#outbox.flush();
    // RFC 9112 section 9.6: to close over bytes that nobody has read resets the connection, and the client may lose
    // the answer over that. So where some are still to come, it is the client that closes.
    if (isInputWhole) this.#socket.destroySoon();
    else this.#socket.end();
  }

  /** What still comes is dropped, and not left in the socket, where it would hide that the client leaves. */
  #deafen(): void {
    this.#isDeaf = true;
    this.#ahead = undefined;
    this.#socket.resume();
  }

  #pause(): void {
    this.#socket.pause();
    // Now it is the client that waits.
    if (this.#exchange) this.#alarm.clear();
  }

  #resume(): void {
    this.#socket.resume();
    if (this.#exchange) this.#watchBody();
  }

  #watchBody(): void {
    if (this.#reader.isBodyDone || this.#awaitsContinue) this.#alarm.clear();
    else this.#alarm.set(this.#timeouts.bodyMs);
  }

  #onTooSlow(): void {
    if (this.#isDeaf) this.#socket.destroy();
    else if (this.#exchange || !this.#reader.isBetween) this.#refuse(TOO_SLOW);
    else this.#close();
  }

  /** A client that closes its side has left: those that wait for their answer keep it open. */
  readonly #onEnd = (): void => {
    this.#lose();
    this.#close(true);
  };

  readonly #onDrain = (): void => {
    this.#drain?.resolve();
    this.#drain = undefined;
    if (this.#ahead) this.#take();
  };

  readonly #onClose = (): void => {
    this.#detach();
    this.#lose();
  };

  /** Nobody is there any more to hear the answer, or to send the rest of the body. */
  #lose(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#drain?.reject(new Error(CLOSED));
    this.#drain = undefined;
    exchange?.body?.end(new Error("the connection was closed within a body"));
    exchange?.gone();
  }

  #detach(): void {
    this.#isDetached = true;
    this.#alarm.close();
    this.#ahead = undefined;
    const socket = this.#socket;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("drain", this.#onDrain);
    socket.off("error", ignore).off("close", this.#onClose);
    this.#options.onClose(this);
  }
}

const NOTHING = Buffer.alloc(0);

const CLOSED = "the connection is closed";

const TOO_SLOW = new Http1Error("too_slow", "a request takes too long to come");

function ignore(): void {}
