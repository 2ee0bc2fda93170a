/** A node over real HTTP whose agent is a real one: only its containers are scripts. */
import { EventEmitter, once } from "node:events";
import { after } from "node:test";
import { Agent, type AgentOptions } from "../agent/agent.ts";
import { type CalledChange, recordingStore } from "../agent/called.suite.ts";
import type { AgentObserver } from "../agent/observer.ts";
import { SMALL_NODE } from "../agent/rig.suite.ts";
import { type Clock, systemClock } from "../clock/clock.ts";
import { FakeClock } from "../clock/fake-clock.ts";
import { createIds } from "../clock/ids.ts";
import { seededRandom } from "../clock/random.ts";
import { createFakeDriver, type FakeProcess, type FakeScript } from "../driver/fake/driver.ts";
import { createFormats } from "../format/formats.ts";
import type { Call, CallRecord } from "../model/call.ts";
import { type InvokeRig, startNode } from "./invoke-rig.suite.ts";

export interface AgentRig extends InvokeRig {
  readonly agent: Agent;
  /** What is recorded by now. */
  calls(): Promise<readonly Call[]>;
  /** Resolves when so many calls have got so far. */
  until(stage: Stage, count: number): Promise<void>;
}

const agents: { readonly agent: Agent; readonly clock: Clock }[] = [];
after(async () => {
  for (const { agent, clock } of agents) {
    const stopped = agent.stop(0);
    if (clock instanceof FakeClock) await clock.advance(1000);
    await stopped;
  }
});

type Stage = "submitted" | "started" | "ended";

export interface AgentRigOptions extends CalledChange {
  readonly script?: Partial<FakeScript>;
  readonly agent?: Partial<AgentOptions>;
  /** The real one, unless the test moves it. */
  readonly clock?: Clock;
}

/** `play` is the program in a container of route `/x` of `app`, and fn `F`. */
export async function startAgentNode(
  play: (process: FakeProcess) => void,
  options: AgentRigOptions = {},
): Promise<AgentRig> {
  const { clock = systemClock } = options;
  const records: CallRecord[] = [];
  const progress = new Progress();
  const agent = new Agent({
    driver: createFakeDriver({ clock, onStart: play, ...options.script }),
    formatOf: createFormats(clock),
    calls: recordingStore(records),
    clock,
    ids: createIds(clock, seededRandom(2)),
    ...SMALL_NODE,
    observer: progress,
    ...options.agent,
  });
  agents.push({ agent, clock });
  const node = await startNode((submission) => agent.submit(submission), {
    ...options,
    clock,
    bodyMax: 1_000_000,
  });
  const calls = async () => {
    await agent.flushCalls();
    return records.map(({ call }) => call);
  };
  return { ...node, agent, calls, until: (stage, count) => progress.until(stage, count) };
}

/** Answers each request on its stdin, in format `http`: they have no bodies. */
export function answerHttp(answer: string, onRequest: (head: string) => void = () => {}) {
  return ({ stdin, stdout }: FakeProcess): void => {
    let text = "";
    stdin.on("data", (part) => {
      text += part;
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        onRequest(text.slice(0, end));
        text = text.slice(end + 4);
        stdout.write(answer);
      }
    });
  };
}

/** Reads all of its stdin, as a cold function does, and then does something. */
export function afterInput(then: (input: string, process: FakeProcess) => void) {
  return (process: FakeProcess): void => {
    let text = "";
    process.stdin.on("data", (part) => {
      text += part;
    });
    process.stdin.on("end", () => then(text, process));
  };
}

class Progress implements AgentObserver {
  readonly #counts: Record<Stage, number> = { submitted: 0, started: 0, ended: 0 };
  readonly #changes = new EventEmitter();

  callSubmitted(): void {
    this.#count("submitted");
  }

  callStarted(): void {
    this.#count("started");
  }

  callEnded(): void {
    this.#count("ended");
  }

  containerStarted(): void {}

  containerFailed(): void {}

  async until(stage: Stage, count: number): Promise<void> {
    while (this.#counts[stage] < count) await once(this.#changes, "change");
  }

  #count(stage: Stage): void {
    this.#counts[stage]++;
    this.#changes.emit("change");
  }
}
