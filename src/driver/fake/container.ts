import { PassThrough, type Readable, type Writable } from "node:stream";
import { FnError } from "../../model/errors.ts";
import type { Container, ContainerSpec, Exit } from "../driver.ts";

/** What a function sees of its container; a test plays it. */
export interface FakeProcess {
  readonly spec: ContainerSpec;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the container has ended, by `exit` or by its owner. */
  readonly ended: AbortSignal;
  /** Ends the container, with code 0 unless told otherwise. What it wrote before still arrives. */
  exit(exit?: Partial<Exit>): void;
}

export type FakeStep = "prepare" | "create" | "start" | "pause" | "unpause" | "remove";

export interface FakeContainerHooks {
  /** Waited for before the step is taken; a step is not taken when it rejects. */
  before(step: FakeStep, signal?: AbortSignal): Promise<void>;
  onStart(process: FakeProcess): void;
  onRemove(): void;
  readonly logDelayMs: number;
}

type State = "created" | "running" | "paused" | "ended";

/** A container without a process: its streams are pipes in memory, through which bytes flow while it runs. */
export class FakeContainer implements Container {
  readonly id: string;
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly socketPath = undefined;
  readonly logDelayMs: number;
  readonly exited: Promise<Exit>;

  readonly #spec: ContainerSpec;
  readonly #hooks: FakeContainerHooks;
  /** The function's ends of the three pipes. */
  readonly #far = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  readonly #ended = new AbortController();
  readonly #exit = Promise.withResolvers<Exit>();
  #state: State = "created";
  #removal: Promise<void> | undefined;

  constructor(spec: ContainerSpec, hooks: FakeContainerHooks) {
    this.id = spec.id;
    this.exited = this.#exit.promise;
    this.logDelayMs = hooks.logDelayMs;
    this.#spec = spec;
    this.#hooks = hooks;
    // As with a process: who uses a broken stream hears of it from the callback, and nobody else does.
    for (const stream of this.#streams()) stream.on("error", () => {});
  }

  get state(): State {
    return this.#state;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#move("start", "created", "running", signal);
    this.#connect();
    this.#hooks.onStart({
      spec: this.#spec,
      env: { ...this.#spec.env, HOSTNAME: this.#spec.hostname },
      ...this.#far,
      ended: this.#ended.signal,
      exit: (exit = {}) => this.#exitByItself(exit),
    });
  }

  async pause(): Promise<void> {
    await this.#move("pause", "running", "paused");
    this.#disconnect();
  }

  async unpause(): Promise<void> {
    await this.#move("unpause", "paused", "running");
    this.#connect();
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<void> {
    const signal = this.#state === "created" ? undefined : "SIGKILL";
    this.#end({ code: undefined, signal, outOfMemory: false });
    for (const stream of this.#streams()) stream.destroy();
    await this.#hooks.before("remove");
    this.#hooks.onRemove();
  }

  #exitByItself(exit: Partial<Exit>): void {
    if (this.#state === "ended") return;
    // A paused one, too, hands over what it has written.
    if (this.#state === "paused") this.#connect();
    const { signal, outOfMemory = false } = exit;
    this.#end({ code: exit.code ?? (signal === undefined ? 0 : undefined), signal, outOfMemory });
    this.#far.stdout.end();
    this.#far.stderr.end();
    this.#far.stdin.destroy();
    this.stdin.destroy();
  }

  async #move(step: FakeStep, from: State, to: State, signal?: AbortSignal): Promise<void> {
    this.#mustBe(from, step);
    await this.#hooks.before(step, signal);
    this.#mustBe(from, step);
    this.#state = to;
  }

  #mustBe(state: State, step: FakeStep): void {
    if (this.#state === state) return;
    if (this.#state !== "ended") throw new Error(`container ${this.id} cannot ${step}: it is ${this.#state}`);
    throw step === "start"
      ? new FnError("container_start_failed", {}, { hint: "it was removed before it started" })
      : new FnError("container_exited", { exit: "unknown" });
  }

  #end(exit: Exit): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#exit.resolve(exit);
    this.#ended.abort();
  }

  #connect(): void {
    this.stdin.pipe(this.#far.stdin);
    this.#far.stdout.pipe(this.stdout);
    this.#far.stderr.pipe(this.stderr);
  }

  #disconnect(): void {
    this.stdin.unpipe();
    this.#far.stdout.unpipe();
    this.#far.stderr.unpipe();
  }

  #streams(): readonly PassThrough[] {
    return [this.stdin, this.stdout, this.stderr, ...Object.values(this.#far)];
  }
}
