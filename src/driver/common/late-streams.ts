import { Readable, Writable } from "node:stream";

/**
 * Streams of a process that does not run yet. A container has its streams from the moment it is made, and Node hands
 * out those of a process only once it runs; these stand in between and keep back-pressure and errors as they are.
 */

type Done = (error?: Error | null) => void;

/** What is written before `connect` waits; a write's callback comes when the process's own stream has taken it. */
export class LateWritable extends Writable {
  #target: Writable | undefined;
  /** At most one: a Writable hands over one write at a time. */
  #waiting: { readonly act: (target: Writable) => void; readonly done: Done } | undefined;

  constructor() {
    super();
    // A function that closes its input is no accident of the server: who writes hears of it from the callback.
    this.on("error", () => {});
  }

  connect(target: Writable): void {
    this.#target = target;
    target.on("error", (error) => this.destroy(error));
    target.on("close", () => this.destroy());
    if (this.destroyed) target.destroy();
    else if (target.destroyed) this.destroy(target.errored ?? undefined);
    this.#waiting?.act(target);
    this.#waiting = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#whenConnected((target) => target.write(chunk, done), done);
  }

  override _final(done: Done): void {
    this.#whenConnected((target) => target.end(done), done);
  }

  override _destroy(error: Error | null, done: Done): void {
    // One that has taken everything closes by itself.
    if (!this.writableFinished) this.#target?.destroy();
    this.#waiting?.done(error ?? new Error("the container was removed before it started"));
    this.#waiting = undefined;
    done(error);
  }

  #whenConnected(act: (target: Writable) => void, done: Done): void {
    if (this.#target) act(this.#target);
    else this.#waiting = { act, done };
  }
}

/** Whoever reads before `connect` waits. The process is read only as fast as somebody takes it. */
export class LateReadable extends Readable {
  #source: Readable | undefined;

  constructor() {
    super();
    // Nobody may be reading when the process breaks off; who does hears of it as usual.
    this.on("error", () => {});
  }

  connect(source: Readable): void {
    this.#source = source;
    source.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) source.pause();
    });
    source.on("end", () => this.push(null));
    source.on("error", (error) => this.destroy(error));
    source.on("close", () => {
      if (!source.readableEnded) this.destroy();
    });
    if (this.destroyed) source.destroy();
    else if (source.destroyed) this.destroy(source.errored ?? undefined);
  }

  override _read(): void {
    this.#source?.resume();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#source?.destroy();
    done(error);
  }
}

/** The input of a process that has none: already ended. */
export function endedWritable(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() }).end();
}
