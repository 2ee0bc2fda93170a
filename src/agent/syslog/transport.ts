import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import { createConnection, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { cutToDatagram, frame } from "./message.ts";
import type { SyslogPlace } from "./place.ts";

/** A way to one place, from the attempt to open it until it is closed. */
export interface Transport {
  /** Sends a message; false asks to wait for `onReady`. Only once it is open. */
  send(message: Buffer): boolean;
  /** Sends what it was given, and closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface TransportEvents {
  /** It is open, or has taken what it was given: more may be sent. */
  readonly onReady: () => void;
  /** Once: it cannot be used any more, or never could. */
  readonly onClose: (error: Error | undefined) => void;
}

export interface TransportOptions {
  /** Certificates of authorities that places of `tcp+tls` may be vouched for by; Node's own, if absent. */
  readonly ca?: readonly string[];
}

export function openTransport(
  place: SyslogPlace,
  events: TransportEvents,
  options: TransportOptions,
): Transport {
  if (place.kind === "udp") return new Datagrams(place, events);
  return new Stream(connect(place, options), place.kind === "tls" ? "secureConnect" : "connect", events);
}

type HostPlace = Exclude<SyslogPlace, { readonly kind: "unix" }>;

function connect(place: Exclude<SyslogPlace, { readonly kind: "udp" }>, { ca }: TransportOptions): Socket {
  if (place.kind === "unix") return createConnection({ path: place.path });
  const { host, port } = place;
  if (place.kind === "tcp") return createConnection({ host, port });
  return connectTls({ host, port, servername: isHostName(host) ? host : "", ca: ca && [...ca] });
}

/** Addresses are no names that a certificate is asked for by (RFC 6066 section 3). */
function isHostName(host: string): boolean {
  return !host.includes(":") && !/^[\d.]+$/.test(host);
}

/** Frames over a connection. */
class Stream implements Transport {
  readonly #socket: Socket;

  constructor(socket: Socket, opened: "connect" | "secureConnect", { onReady, onClose }: TransportEvents) {
    this.#socket = socket;
    let error: Error | undefined;
    socket.once(opened, onReady);
    socket.on("drain", onReady);
    socket.once("error", (cause) => {
      error = cause;
    });
    socket.once("close", () => onClose(error));
    // Nobody has anything to say here; but unread it would hide the other side's end.
    socket.resume();
  }

  send(message: Buffer): boolean {
    return this.#socket.write(frame(message));
  }

  end(): void {
    // A server that leaves its side open must not keep ours.
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Datagrams that the system has not taken yet, at most. */
const UNSENT_MAX = 64;

/** A datagram for each message (RFC 5426 section 3.1). */
class Datagrams implements Transport {
  readonly #events: TransportEvents;
  #socket: ReturnType<typeof createSocket> | undefined;
  #unsent = 0;
  #isEnding = false;
  #isClosed = false;

  constructor({ host, port }: HostPlace, events: TransportEvents) {
    this.#events = events;
    lookup(host, (error, address, family) => {
      if (error) this.#close(error);
      if (this.#isClosed) return;
      const socket = createSocket(family === 6 ? "udp6" : "udp4");
      this.#socket = socket;
      socket.once("error", (cause) => this.#close(cause));
      socket.connect(port, address, () => this.#events.onReady());
    });
  }

  send(message: Buffer): boolean {
    this.#unsent++;
    this.#socket?.send(cutToDatagram(message), (error) => {
      this.#unsent--;
      if (error) this.#close(error);
      else if (this.#unsent === 0 && this.#isEnding) this.#close(undefined);
      else if (this.#unsent === UNSENT_MAX - 1) this.#events.onReady();
    });
    return this.#unsent < UNSENT_MAX;
  }

  end(): void {
    this.#isEnding = true;
    if (this.#unsent === 0) this.#close(undefined);
  }

  destroy(): void {
    this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket?.close();
    this.#events.onClose(error);
  }
}
