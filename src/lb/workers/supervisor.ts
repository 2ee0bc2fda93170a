import type { Logger } from "pino";
import { type Clock, type Timer, within } from "../../clock/clock.ts";
import type { ListenAddress } from "../forward/listener.ts";
import { Hub } from "./hub.ts";
import { deathsInRow, restartDelayMs } from "./restart-delay.ts";
import { SharedPort, type SocketHandle } from "./shared-port.ts";
import { Worker, type WorkerProcess } from "./worker.ts";

/** A start reads the program and checks every node once; a worker that takes longer never gets ready. */
const READY_WAIT_MS = 60_000;

/** How long a restart waits for a worker that drains before it goes on: longer requests must not hold it up. */
const DRAIN_PATIENCE_MS = 10_000;

export interface SupervisorOptions {
  /** How many workers serve at a time. */
  readonly count: number;
  /** Where they listen, by a name of each address. */
  readonly addresses: Readonly<Record<string, ListenAddress>>;
  /**
   * Starts a process that opens its `WorkerLink` and ends in order on SIGTERM, and when its channel closes. It should be in a
   * process group of its own, so that Ctrl-C and the end of a terminal reach this process only.
   */
  readonly fork: () => WorkerProcess;
  /** A worker that drains is killed after so long; never unless told. */
  readonly drainLimitMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The place of a worker, with its sockets. */
interface Place {
  readonly index: number;
  /** Who serves there. */
  current: Worker | undefined;
  /** Who will, once it is ready. */
  next: Worker | undefined;
  deathsInRow: number;
  restart: Timer | undefined;
}

/**
 * Several processes on the same ports, in a process that serves nothing itself. One that dies is replaced; a restart
 * replaces all, one by one, and no connection is refused or reset by it.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #hub: Hub;
  readonly #places: readonly Place[];
  readonly #ports = new Map<string, SharedPort>();
  readonly #workers = new Set<Worker>();
  #lastId = 0;
  /** While it is neither, ends of workers are the business of whoever started them. */
  #isRunning = false;
  #isStopping = false;
  #rolling: Promise<void> = Promise.resolve();
  #rollingNext: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#hub = new Hub(options.clock);
    this.#places = Array.from({ length: options.count }, (_, index) => ({
      index,
      current: undefined,
      next: undefined,
      deathsInRow: 0,
      restart: undefined,
    }));
  }

  /**
   * Resolves when all workers are ready. Rejects with the system's error for an address, or with how a worker ended; then
   * nothing is left.
   */
  async start(): Promise<void> {
    try {
      for (const [name, address] of Object.entries(this.#options.addresses)) {
        this.#ports.set(name, await SharedPort.open(address));
      }
      await Promise.all(this.#places.map((place) => this.#replace(place)));
      this.#isRunning = true;
      // One may have died while others were still starting.
      for (const place of this.#places) if (!place.current) this.#restartLater(place, 0);
    } catch (error) {
      this.kill();
      await this.stop();
      throw error;
    }
  }

  /** The port of an address that was named; throws for another name. */
  port(name: string): number {
    const shared = this.#ports.get(name);
    if (!shared) throw new Error(`there is no address ${name}`);
    return shared.port;
  }

  /**
   * Replaces the workers one by one: the new one is ready before the old one is asked to drain. Rejects with how a new
   * one ended when it does not get ready; then it and those after it are not replaced, and the old ones go on. Asked while a
   * restart is under way, it begins after that; several who ask then get the same one.
   */
  restart(): Promise<void> {
    this.#rollingNext ??= this.#rolling.then(() => {
      this.#rollingNext = undefined;
      const rolling = this.#roll();
      this.#rolling = rolling.catch(() => {});
      return rolling;
    });
    return this.#rollingNext;
  }

  /** Lets all workers drain, and resolves when they have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { restart } of this.#places) restart?.cancel();
    for (const worker of this.#workers) worker.drain(this.#options.drainLimitMs);
    await Promise.all([...this.#workers].map(({ gone }) => gone));
    for (const shared of this.#ports.values()) shared.close();
  }

  /** Ends all workers at once, whatever they do. */
  kill(): void {
    this.#isStopping = true;
    for (const { restart } of this.#places) restart?.cancel();
    for (const worker of this.#workers) worker.kill();
  }

  async #roll(): Promise<void> {
    const { clock, log } = this.#options;
    for (const place of this.#places) {
      // One that is on its way already may have read what it is made of before the restart was asked for.
      await place.next?.ready.catch(() => {});
      if (this.#isStopping) return;
      const old = place.current;
      await this.#replace(place);
      if (old) await within(clock, DRAIN_PATIENCE_MS, old.gone);
    }
    log.info("all workers are replaced");
  }

  async #replace(place: Place): Promise<void> {
    place.restart?.cancel();
    await this.#handOver(place, this.#startWorker(place));
  }

  /** When the new worker is ready, it has the place, and the one that had it drains. */
  async #handOver(place: Place, next: Worker): Promise<void> {
    await next.ready;
    const old = place.current;
    place.current = next;
    place.next = undefined;
    old?.drain(this.#options.drainLimitMs);
  }

  #startWorker(place: Place): Worker {
    const sockets = new Map<string, SocketHandle>();
    for (const [name, shared] of this.#ports) sockets.set(name, shared.socket(place.index));
    const { fork, clock } = this.#options;
    const worker: Worker = new Worker({
      id: `w${++this.#lastId}`,
      process: fork(),
      sockets,
      readyWaitMs: READY_WAIT_MS,
      clock,
      onMessage: (from, message) => this.#hub.receive(from, message),
    });
    place.next = worker;
    this.#workers.add(worker);
    this.#hub.join(worker);
    void worker.gone.then((sentence) => this.#onGone(place, worker, sentence));
    return worker;
  }

  #onGone(place: Place, worker: Worker, sentence: string): void {
    this.#workers.delete(worker);
    this.#hub.leave(worker);
    const isWanted = place.current === worker || place.next === worker;
    if (place.next === worker) place.next = undefined;
    if (place.current === worker) place.current = undefined;
    if (!isWanted || this.#isStopping) return;

    this.#options.log.error(sentence);
    const isServed = place.current !== undefined || place.next !== undefined;
    if (this.#isRunning && !isServed) this.#restartLater(place, worker.livedMs);
  }

  #restartLater(place: Place, livedMs: number): void {
    const { clock, log } = this.#options;
    place.deathsInRow = deathsInRow(place.deathsInRow, livedMs);
    const delayMs = restartDelayMs(place.deathsInRow);
    // While the place is empty for long, new connections should go to the others.
    if (delayMs > 0 && this.#places.some(({ current }) => current)) this.#closeSockets(place);
    place.restart = clock.after(delayMs, () => {
      try {
        // How it ends, if it does not get ready, is told where ends are.
        this.#handOver(place, this.#startWorker(place)).catch(() => {});
      } catch (error) {
        log.error({ err: error }, "a worker cannot be started");
        this.#restartLater(place, 0);
      }
    });
  }

  #closeSockets({ index }: Place): void {
    for (const shared of this.#ports.values()) shared.closeSocket(index);
  }
}
