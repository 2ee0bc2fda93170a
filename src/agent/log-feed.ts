import { StringDecoder } from "node:string_decoder";
import type { Logger } from "pino";
import { Chain, type Linked } from "../clock/chain.ts";
import { CallLog, LOG_BYTES_MAX } from "./call-log.ts";
import { type EndedCall, pathOfSubmission, type Submission } from "./execution.ts";

/** A call whose function may write. The same object each time that listeners are told of it. */
export interface LoggedCall {
  readonly appName: string;
  readonly fnName: string;
  /** The path it came by, as in records. */
  readonly path: string;
  readonly callId: string;
  /** Of its app; empty for none. */
  readonly syslogUrl: string;
}

/** A call that has not ended. */
export interface RunningCall extends Pick<LoggedCall, "path"> {
  /** Up to its last whole character. */
  readonly text: string;
}

/** How a run of a call ended. */
export interface RunEnd extends Pick<EndedCall, "status" | "completedAtMs"> {
  /** Whether it is the end of the call: one that nobody waits for may be run again. */
  readonly isLast: boolean;
}

/** Told what functions write. Its methods must be quick; one that throws is not told any more. */
export interface LogListener {
  /** As it comes: parts of lines, or several. Characters are whole. */
  onText(call: LoggedCall, text: string): void;
  onEnd(call: LoggedCall, end: RunEnd): void;
}

/** Whose calls; what is absent may be any. */
export interface LogFilter {
  readonly appName: string;
  readonly callId?: string;
  readonly path?: string;
}

export interface LogFeedOptions {
  readonly log: Logger;
  /** Told of the calls of apps with a `syslogUrl`, whoever follows. */
  readonly syslog?: LogListener;
}

type LogSource = Pick<Submission, "called" | "path" | "input" | "record">;

interface Follower {
  readonly filter: LogFilter;
  readonly listener: LogListener;
}

/** What functions write to stderr during calls, to whoever wants it as it is written. While nobody does it costs one look. */
export class LogFeed {
  readonly #options: LogFeedOptions;
  readonly #followers = new Set<Follower>();
  readonly #running = new Chain<RunningLog>();
  #syslog: LogListener | undefined;

  constructor(options: LogFeedOptions) {
    this.#options = options;
    this.#syslog = options.syslog;
  }

  get followers(): number {
    return this.#followers.size;
  }

  /** Tells a listener of these calls from now on, until `stop`, which is what it returns. */
  follow(filter: LogFilter, listener: LogListener): () => void {
    const follower = { filter, listener };
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** A call that runs here, and what it has written so far, `LOG_BYTES_MAX` at most; undefined for any other. */
  running(appName: string, callId: string): RunningCall | undefined {
    const log = this.#find(appName, callId);
    return log && { path: log.call.path, text: log.wholeText() };
  }

  isRunning(appName: string, callId: string): boolean {
    return this.#find(appName, callId) !== undefined;
  }

  /** The log of a run that begins; what is appended to it is told to listeners until `close`. */
  open(source: LogSource): CallLog {
    const log = new RunningLog(source, this);
    this.#running.append(log);
    return log;
  }

  /** The run is over, and nothing more comes. */
  close(log: CallLog, { status, completedAtMs }: EndedCall): void {
    if (!(log instanceof RunningLog) || !this.#running.remove(log) || !this.isFollowed(log)) return;
    const listeners = this.#listenersOf(log);
    if (listeners.length === 0) return;
    const rest = log.rest();
    if (rest !== "") this.#tell(listeners, (listener) => listener.onText(log.call, rest));
    const end = { status, completedAtMs, isLast: log.source.record === undefined };
    this.#tell(listeners, (listener) => listener.onEnd(log.call, end));
  }

  /** Whether somebody may want what comes next of this log. */
  isFollowed(log: RunningLog): boolean {
    return this.#followers.size > 0 || this.#isForSyslog(log);
  }

  publish(log: RunningLog, part: Uint8Array): void {
    const listeners = this.#listenersOf(log);
    const text = listeners.length > 0 ? log.decode(part) : log.skip();
    if (text !== "") this.#tell(listeners, (listener) => listener.onText(log.call, text));
  }

  /** Rarely asked for: all are looked at, so that no call pays for it. */
  #find(appName: string, callId: string): RunningLog | undefined {
    for (const log of this.#running.members()) {
      if (isAbout({ appName, callId }, log.source)) return log;
    }
    return undefined;
  }

  #isForSyslog({ source }: RunningLog): boolean {
    return this.#syslog !== undefined && source.called.app.syslogUrl !== "";
  }

  #listenersOf(log: RunningLog): LogListener[] {
    const listeners: LogListener[] = [];
    if (this.#syslog && this.#isForSyslog(log)) listeners.push(this.#syslog);
    for (const { filter, listener } of this.#followers) {
      if (isAbout(filter, log.source)) listeners.push(listener);
    }
    return listeners;
  }

  /** A listener's failure is none of the call's. */
  #tell(listeners: readonly LogListener[], tell: (listener: LogListener) => void): void {
    for (const listener of listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.#options.log.error({ err: error }, "a listener of logs failed, and is told no more");
        this.#forget(listener);
      }
    }
  }

  #forget(listener: LogListener): void {
    if (listener === this.#syslog) this.#syslog = undefined;
    for (const follower of this.#followers) {
      if (follower.listener === listener) this.#followers.delete(follower);
    }
  }
}

/** The log of a call that runs, and what its listeners need of it. */
class RunningLog extends CallLog implements Linked<RunningLog> {
  previous: RunningLog | undefined = undefined;
  next: RunningLog | undefined = undefined;
  readonly source: LogSource;
  readonly #feed: LogFeed;
  #call: LoggedCall | undefined;
  /** Holds the beginning of a character whose end is still to come. */
  #decoder: StringDecoder | undefined;

  constructor(source: LogSource, feed: LogFeed) {
    super();
    this.source = source;
    this.#feed = feed;
  }

  /** Made for the first who asks: most logs have no listener. */
  get call(): LoggedCall {
    this.#call ??= loggedCallOf(this.source);
    return this.#call;
  }

  override append(part: Uint8Array): void {
    if (this.#feed.isFollowed(this)) this.#feed.publish(this, part);
    super.append(part);
  }

  /** The text of the part that is appended next, up to its last whole character. */
  decode(part: Uint8Array): string {
    this.#decoder ??= this.#decoderHere();
    return this.#decoder.write(part);
  }

  /** Nobody wants the next part. */
  skip(): string {
    this.#decoder = undefined;
    return "";
  }

  /** What was kept so far, up to its last whole character. */
  wholeText(): string {
    return new StringDecoder().write(this.keptBytes());
  }

  /** What is left of a character that was cut. */
  rest(): string {
    return this.#decoder?.end() ?? "";
  }

  #decoderHere(): StringDecoder {
    const decoder = new StringDecoder();
    // It may be in the middle of a character; behind what is kept nobody knows.
    if (this.bytes > 0 && this.bytes <= LOG_BYTES_MAX) decoder.write(this.keptBytes());
    return decoder;
  }
}

function loggedCallOf(source: LogSource): LoggedCall {
  const { app, fn } = source.called;
  return {
    appName: app.name,
    fnName: fn.name,
    path: pathOfSubmission(source),
    callId: source.input.callId,
    syslogUrl: app.syslogUrl,
  };
}

function isAbout({ appName, callId, path }: LogFilter, source: LogSource): boolean {
  return (
    source.called.app.name === appName &&
    (callId === undefined || callId === source.input.callId) &&
    (path === undefined || path === pathOfSubmission(source))
  );
}
