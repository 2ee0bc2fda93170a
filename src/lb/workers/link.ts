import { type Answer, type FromWorker, isToWorker, type ToWorker, UNSENT_MAX } from "./messages.ts";
import type { SocketHandle } from "./shared-port.ts";

/** What a worker has of the others. Without others, it talks to itself: see `aloneLink`. */
export interface WorkerLink {
  /** Its id: no other worker of this supervisor has had it before. */
  readonly worker: string;
  /** What to listen on for the address of this name; undefined when it opens its own. */
  socket(name: string): SocketHandle | undefined;
  /** Says that it serves: it gets its part of the connections, and the one it replaces drains. */
  ready(): void;
  /** Tells all other workers. What is sent while they cannot keep up is lost, so each message should say all there is. */
  publish(topic: string, message: unknown): void;
  /** Hears what others publish; `from` is the id of the worker. */
  subscribe(topic: string, listener: (message: unknown, from: string) => void): void;
  /** Says what this worker answers when one asks. */
  answer(topic: string, give: () => unknown): void;
  /** The answers of all workers that serve, this one among them; one that takes longer than a second is left out. */
  ask(topic: string): Promise<readonly Answer[]>;
  /** Hears of workers that have ended: what was learnt from them can be forgotten. */
  onGone(listener: (worker: string) => void): void;
}

/** The worker's end of the channel that Node makes between a process and its child: `process`. */
export interface Channel {
  readonly connected: boolean;
  send?(message: object, handle: undefined, options: undefined, sent: (error: Error | null) => void): boolean;
  on(event: "message", listener: (message: unknown, handle: unknown) => void): unknown;
  once(event: "disconnect", listener: () => void): unknown;
}

/** Resolves when the supervisor has said what this worker needs. */
export function openWorkerLink(channel: Channel): Promise<WorkerLink> {
  return new Promise((resolve) => {
    const sockets = new Map<string, SocketHandle>();
    let link: ChannelLink | undefined;
    channel.on("message", (message, handle) => {
      if (!isToWorker(message)) return;
      if (message.kind === "socket") {
        // What the supervisor sends with this kind of message.
        sockets.set(message.name, handle as SocketHandle);
      } else if (message.kind === "begin") {
        link = new ChannelLink(message.worker, sockets, channel);
        resolve(link);
      } else {
        link?.receive(message);
      }
    });
  });
}

/** For a process that is the only one. */
export function aloneLink(): WorkerLink {
  const answers = new Map<string, () => unknown>();
  return {
    worker: "w1",
    socket: () => undefined,
    ready() {},
    publish() {},
    subscribe() {},
    answer: (topic, give) => void answers.set(topic, give),
    ask: async (topic) => answersOf("w1", await answers.get(topic)?.()),
    onGone() {},
  };
}

class ChannelLink implements WorkerLink {
  readonly worker: string;
  readonly #sockets: ReadonlyMap<string, SocketHandle>;
  readonly #channel: Channel;
  readonly #listeners = new Map<string, ((message: unknown, from: string) => void)[]>();
  readonly #answers = new Map<string, () => unknown>();
  readonly #onGone: ((worker: string) => void)[] = [];
  /** By the id of the question. */
  readonly #asking = new Map<number, (answers: readonly Answer[]) => void>();
  #lastId = 0;
  #unsent = 0;

  constructor(worker: string, sockets: ReadonlyMap<string, SocketHandle>, channel: Channel) {
    this.worker = worker;
    this.#sockets = sockets;
    this.#channel = channel;
    // Without the supervisor nobody knows of the others, and this worker ends soon.
    channel.once("disconnect", () => {
      for (const id of this.#asking.keys()) this.#onAnswers(id, []);
    });
  }

  socket(name: string): SocketHandle | undefined {
    return this.#sockets.get(name);
  }

  ready(): void {
    this.#send({ kind: "ready" });
  }

  publish(topic: string, message: unknown): void {
    if (this.#unsent < UNSENT_MAX) this.#send({ kind: "publish", topic, message });
  }

  subscribe(topic: string, listener: (message: unknown, from: string) => void): void {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }

  answer(topic: string, give: () => unknown): void {
    this.#answers.set(topic, give);
  }

  async ask(topic: string): Promise<readonly Answer[]> {
    if (!this.#channel.connected) return answersOf(this.worker, await this.#ownAnswer(topic));
    const id = ++this.#lastId;
    const asked = new Promise<readonly Answer[]>((resolve) => this.#asking.set(id, resolve));
    this.#send({ kind: "ask", id, topic });
    return await asked;
  }

  onGone(listener: (worker: string) => void): void {
    this.#onGone.push(listener);
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "message":
        for (const listener of this.#listeners.get(message.topic) ?? [])
          listener(message.message, message.from);
        break;
      case "question":
        void this.#ownAnswer(message.topic).then((answer) =>
          this.#send({ kind: "answer", id: message.id, answer }),
        );
        break;
      case "answers":
        this.#onAnswers(message.id, message.answers);
        break;
      case "gone":
        for (const listener of this.#onGone) listener(message.worker);
        break;
    }
  }

  /** Undefined when there is none, or it cannot be given. */
  async #ownAnswer(topic: string): Promise<unknown> {
    try {
      return await this.#answers.get(topic)?.();
    } catch {
      return undefined;
    }
  }

  #onAnswers(id: number, answers: readonly Answer[]): void {
    this.#asking.get(id)?.(answers);
    this.#asking.delete(id);
  }

  #send(message: FromWorker): void {
    this.#unsent++;
    // With a function that is told of the failure, a closed channel is no error.
    this.#channel.send?.(message, undefined, undefined, () => {
      this.#unsent--;
    });
  }
}

function answersOf(worker: string, answer: unknown): readonly Answer[] {
  return answer === undefined ? [] : [{ worker, answer }];
}
