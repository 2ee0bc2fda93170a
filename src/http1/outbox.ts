import type { Socket } from "node:net";
import { writeStraight } from "./straight-write.ts";
import { writeBorrowed } from "./write-borrowed.ts";

/** Up to here a piece is copied behind what waits, which costs less than a piece of its own for the system. */
const JOINED_BYTES_MAX = 16 * 1024;

/** What goes out: to those who are called, or back to those who call. */
export type Kind = "requests" | "answers";

/**
 * All that is written on one socket. It goes out at the end of the turn, once what has come on all connections was read: a head
 * goes with what is there of its body, and whoever is woken once for many messages does more than one that is woken for each.
 * Its owner flushes it before it ends the socket, or gives it away.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #kind: Kind;
  /** Waits for the end of the turn. */
  #text = "";
  #isListed = false;
  /** The system has not taken all yet that was written past the stream. */
  #isBehind = false;

  constructor(socket: Socket, kind: Kind) {
    this.#socket = socket;
    this.#kind = kind;
  }

  /** The other side does not take what it was given. The socket emits `drain` when it has. */
  get isFull(): boolean {
    return this.#isBehind || this.#socket.writableNeedDrain;
  }

  /** Text with a character per byte, or bytes that nobody changes any more. False asks to wait for `drain`. */
  write(piece: string | Uint8Array): boolean {
    if (typeof piece === "string") this.#append(piece);
    else if (piece.length <= JOINED_BYTES_MAX) this.#append(latin1Of(piece));
    else this.#writeLarge(piece);
    return !this.isFull;
  }

  /** The same of text, bytes and text; the bytes are the caller's again when this returns. */
  writeBorrowed(before: string, bytes: Uint8Array, after: string): boolean {
    if (bytes.length <= JOINED_BYTES_MAX) this.#append(before + latin1Of(bytes) + after);
    else writeBorrowed(this.#socket, this.#take() + before, bytes, after);
    return !this.isFull;
  }

  /** What waits goes out now. */
  flush(): void {
    const text = this.#take();
    const socket = this.#socket;
    if (text === "" || socket.destroyed) return;
    const written = this.#isBehind ? "impossible" : writeStraight(socket, text);
    if (written === "impossible") socket.write(text, "latin1");
    else if (written === "behind") this.#fallBehind();
  }

  #append(text: string): void {
    this.#text += text;
    if (this.#text.length > JOINED_BYTES_MAX) this.flush();
    else this.#list();
  }

  #writeLarge(bytes: Uint8Array): void {
    const socket = this.#socket;
    socket.cork();
    socket.write(this.#take(), "latin1");
    socket.write(bytes);
    socket.uncork();
  }

  #take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** By an empty piece behind the rest the stream knows of it: to end waits for it, and if it fails the socket does. */
  #fallBehind(): void {
    const socket = this.#socket;
    this.#isBehind = true;
    socket.write(NOTHING, (error) => {
      // Then the socket is gone.
      if (error) return;
      this.#isBehind = false;
      if (!socket.writableNeedDrain) socket.emit("drain");
    });
  }

  #list(): void {
    if (this.#isListed) return;
    this.#isListed = true;
    if (listed.requests.length + listed.answers.length === 0) setImmediate(endTurn);
    listed[this.#kind].push(this);
  }

  static flushAll(boxes: readonly Outbox[]): void {
    for (const box of boxes) {
      box.#isListed = false;
      box.flush();
    }
  }
}

const NOTHING = Buffer.alloc(0);

/** Those with something to send in this turn. */
let listed: Readonly<Record<Kind, Outbox[]>> = { requests: [], answers: [] };

/** First all of one kind: whoever gets many of them is still awake for the next. */
function endTurn(): void {
  const { requests, answers } = listed;
  listed = { requests: [], answers: [] };
  Outbox.flushAll(requests);
  Outbox.flushAll(answers);
}

function latin1Of(bytes: Uint8Array): string {
  const buffer =
    bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("latin1");
}
