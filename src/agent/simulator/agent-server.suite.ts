/** The real agent in the simulator: on a fake driver whose starts take as long as the machine says. */

import { pino } from "pino";
import { sleep } from "../../clock/clock.ts";
import type { FakeClock } from "../../clock/fake-clock.ts";
import { createIds } from "../../clock/ids.ts";
import { seededRandom } from "../../clock/random.ts";
import { createFakeDriver } from "../../driver/fake/driver.ts";
import type { Format, Session } from "../../format/format.ts";
import type { FnInApp } from "../../store/store.ts";
import { Agent, type AgentOptions } from "../agent.ts";
import { calledFn, recordingStore } from "../called.suite.ts";
import { noObserver } from "../rig.suite.ts";
import type { Machine } from "./machine.suite.ts";
import type { Caller, Server, SimulatedFn } from "./trace.suite.ts";

export class AgentServer implements Server {
  readonly agent: Agent;
  readonly #clock: FakeClock;
  readonly #fns = new Map<string, { fn: SimulatedFn; called: FnInApp }>();
  #calls = 0;

  constructor(clock: FakeClock, machine: Machine, options: Partial<AgentOptions> = {}) {
    this.#clock = clock;
    const driver = createFakeDriver({
      clock,
      onStep(step) {
        if (step === "start") return machine.beginStart();
        if (step === "remove") machine.removed();
        return undefined;
      },
      onStart: () => machine.endStart(),
    });
    this.agent = new Agent({
      driver,
      formatOf: () => this.#format(machine),
      calls: recordingStore([]),
      clock,
      ids: createIds(clock, seededRandom(1)),
      log: pino({ level: "silent" }),
      nodeName: "node-1",
      memoryMib: machine.options.memoryMib,
      readMemory: undefined,
      cpusMilli: 1000 * machine.options.cores,
      cores: machine.options.cores,
      containersPerFnMax: 0,
      freezeIdleMs: -1,
      initTimeoutMs: 60_000,
      openSecrets: (secrets) => secrets,
      observer: noObserver,
      ...options,
    });
  }

  call(fn: SimulatedFn, caller: Caller): void {
    const clock = this.#clock;
    this.agent
      .submit({
        called: this.#calledOf(fn),
        input: {
          callId: `${this.#calls++}`,
          type: "sync",
          method: "GET",
          target: fn.name,
          host: "h",
          requestUrl: `http://h/${fn.name}`,
          headers: [],
          isDirect: false,
          deadlineMs: 0,
          body: undefined,
          bodyBytes: undefined,
        },
        createdAtMs: clock.nowMs(),
        createdAtNs: clock.monotonicNs(),
        sink: { started: () => caller.started(), head() {}, write() {} },
        cancel: new AbortController(),
      })
      .then(
        () => caller.ended(true),
        () => caller.ended(false),
      );
  }

  async stop(): Promise<void> {
    const stopped = this.agent.stop(0);
    await this.#clock.advance(60_000);
    await stopped;
  }

  /** A conversation in which a call takes the time of its function, and nothing is said. */
  #format(machine: Machine): Format {
    const session: Session = {
      exchange: async ({ target }, sink) => {
        const fn = this.#fns.get(target)?.fn;
        if (!fn) throw new Error(`nobody knows ${target}`);
        await sleep(this.#clock, machine.beginRun(fn));
        machine.endRun(fn);
        sink.head(200, [], 0);
      },
      isReusable: true,
      close() {},
    };
    return { name: "json", hot: true, channel: "stdio", callEnv: () => ({}), open: async () => session };
  }

  #calledOf(fn: SimulatedFn): FnInApp {
    const { name, memoryMib = 128, timeoutS = 30 } = fn;
    const known = this.#fns.get(name);
    if (known) return known.called;
    const called = calledFn(name, { fn: { memoryMib, timeoutS } });
    this.#fns.set(name, { fn, called });
    return called;
  }
}
