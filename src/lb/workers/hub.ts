import type { Clock, Timer } from "../../clock/clock.ts";
import type { Answer, FromWorker, ToWorker } from "./messages.ts";

/** A worker that has not answered by then is left out: one that is stuck must not hide the others. */
const ANSWER_WAIT_MS = 1000;

/** What the hub knows of a worker. */
export interface HubMember {
  readonly id: string;
  /** It answers questions from then on until it is gone. */
  isAnswering(): boolean;
  send(message: ToWorker): void;
}

interface Question {
  readonly asker: HubMember;
  readonly askerId: number;
  readonly waitingFor: Set<HubMember>;
  readonly answers: Answer[];
  readonly timer: Timer;
}

/** Passes messages between workers: to all others what one publishes, and to all the questions of one. */
export class Hub {
  readonly #clock: Clock;
  readonly #members = new Set<HubMember>();
  readonly #questions = new Map<number, Question>();
  #questionId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(member: HubMember): void {
    this.#members.add(member);
  }

  /** Tells the others, who may hold what they have learnt from it; nobody waits for its answers any more. */
  leave(member: HubMember): void {
    if (!this.#members.delete(member)) return;
    for (const other of this.#members) other.send({ kind: "gone", worker: member.id });
    for (const [id, question] of this.#questions) {
      question.waitingFor.delete(member);
      this.#endIfAnswered(id, question);
    }
  }

  /** Handles what a member sent. */
  receive(from: HubMember, message: FromWorker): void {
    switch (message.kind) {
      case "publish":
        this.#publish(from, message.topic, message.message);
        break;
      case "ask":
        this.#ask(from, message.id, message.topic);
        break;
      case "answer":
        this.#answer(from, message.id, message.answer);
        break;
    }
  }

  #publish(from: HubMember, topic: string, message: unknown): void {
    for (const member of this.#members) {
      if (member !== from) member.send({ kind: "message", from: from.id, topic, message });
    }
  }

  #ask(asker: HubMember, askerId: number, topic: string): void {
    const id = ++this.#questionId;
    const question: Question = {
      asker,
      askerId,
      waitingFor: new Set([...this.#members].filter((member) => member.isAnswering())),
      answers: [],
      timer: this.#clock.after(ANSWER_WAIT_MS, () => this.#end(id, question)),
    };
    this.#questions.set(id, question);
    for (const member of question.waitingFor) member.send({ kind: "question", id, topic });
    this.#endIfAnswered(id, question);
  }

  #answer(from: HubMember, id: number, answer: unknown): void {
    const question = this.#questions.get(id);
    // What comes too late, nobody waits for.
    if (!question?.waitingFor.delete(from)) return;
    if (answer !== undefined) question.answers.push({ worker: from.id, answer });
    this.#endIfAnswered(id, question);
  }

  #endIfAnswered(id: number, question: Question): void {
    if (question.waitingFor.size === 0) this.#end(id, question);
  }

  #end(id: number, { asker, askerId, answers, timer }: Question): void {
    timer.cancel();
    this.#questions.delete(id);
    if (this.#members.has(asker)) asker.send({ kind: "answers", id: askerId, answers });
  }
}
