/** An agent on a fake driver, for tests: functions are scripts in memory, time is a fake clock. */
import type { Writable } from "node:stream";
import { pino } from "pino";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { createIds } from "../clock/ids.ts";
import { seededRandom } from "../clock/random.ts";
import {
  createFakeDriver,
  type FakeDriver,
  type FakeProcess,
  type FakeScript,
} from "../driver/fake/driver.ts";
import type { HeaderField } from "../format/format.ts";
import { createFormats } from "../format/formats.ts";
import type { CallRecord } from "../model/call.ts";
import type { FnError } from "../model/errors.ts";
import type { FnSettings } from "../model/fn.ts";
import { Agent, type AgentOptions, type Submission } from "./agent.ts";
import { calledFn, recordingStore } from "./called.suite.ts";
import type { AgentObserver } from "./observer.ts";

export const noObserver: AgentObserver = {
  callSubmitted() {},
  callStarted() {},
  callEnded() {},
  containerStarted() {},
  containerFailed() {},
};

/** What an agent has of a node of 1 GiB and two cores, whose secrets are no secrets. */
export const SMALL_NODE = {
  log: pino({ level: "silent" }),
  nodeName: "node-1",
  memoryMib: 1024,
  readMemory: undefined,
  cpusMilli: 2000,
  cores: 2,
  containersPerFnMax: 0,
  freezeIdleMs: -1,
  initTimeoutMs: 10_000,
  openSecrets: (secrets) => secrets,
  observer: noObserver,
} satisfies Partial<AgentOptions>;

/** What a scripted function may do with a call. */
export interface FakeCall {
  readonly body: string;
  readonly process: FakeProcess;
  /** Answers with this body, in format `json`. */
  answer(body: string): void;
}

export interface Rig {
  readonly agent: Agent;
  readonly clock: FakeClock;
  readonly driver: FakeDriver;
  /** What was recorded, in order. */
  readonly records: readonly CallRecord[];
  /** Calls a function. */
  call(name: string, options?: CallOptions): Running;
  /** Has a function prewarmed. */
  prewarm(name: string, settings?: Partial<FnSettings>): ReturnType<Agent["prewarm"]>;
}

export interface CallOptions {
  readonly body?: string;
  readonly settings?: Partial<FnSettings>;
  readonly record?: Submission["record"];
}

/** A call on its way. */
export interface Running {
  readonly id: string;
  /** Its answer, or the code of its error. */
  readonly outcome: Promise<string>;
  /** The error it ended with. */
  readonly error: () => FnError | undefined;
  /** What it waited for its container, in milliseconds; undefined until it has one. */
  readonly waitMs: () => number | undefined;
  readonly cancel: AbortController;
}

/** `run` plays the functions: it gets each call that reaches a container. */
export function createRig(
  run: (call: FakeCall) => void,
  options: {
    readonly script?: Partial<FakeScript>;
    readonly agent?: Partial<AgentOptions>;
    readonly clock?: FakeClock;
  } = {},
): Rig {
  const clock = options.clock ?? new FakeClock();
  const ids = createIds(clock, seededRandom(1));
  const driver = createFakeDriver({ clock, onStart: (process) => playJson(process, run), ...options.script });
  const records: CallRecord[] = [];
  const agent = new Agent({
    driver,
    formatOf: createFormats(clock),
    calls: recordingStore(records),
    clock,
    ids,
    ...SMALL_NODE,
    initTimeoutMs: 1000,
    ...options.agent,
  });

  return {
    agent,
    clock,
    driver,
    records,
    prewarm: (name, settings = {}) => agent.prewarm(calledFn(name, { fn: settings })),
    call(name, { body = "", settings = {}, record } = {}) {
      const id = ids.next();
      const cancel = new AbortController();
      const parts: Uint8Array[] = [];
      let waitMs: number | undefined;
      const sink = {
        started: (waitNs: number) => {
          waitMs = waitNs / 1e6;
        },
        head: (_status: number, _fields: readonly HeaderField[]) => {},
        write: (part: Uint8Array) => void parts.push(part),
      };
      const createdAtMs = clock.nowMs();
      const submitted = agent.submit({
        called: calledFn(name, { fn: settings }),
        input: {
          callId: id,
          type: "sync",
          method: "POST",
          target: `/r/app/${name}`,
          host: "h",
          requestUrl: `http://h/r/app/${name}`,
          headers: [],
          isDirect: false,
          deadlineMs: createdAtMs + 30_000,
          body: body === "" ? undefined : bytesOf(body),
          bodyBytes: body.length,
        },
        createdAtMs,
        createdAtNs: clock.monotonicNs(),
        sink,
        cancel,
        record,
      });
      let failure: FnError | undefined;
      const outcome = submitted.then(
        () => Buffer.concat(parts).toString(),
        (error: FnError) => {
          failure = error;
          return error.code;
        },
      );
      return { id, outcome, error: () => failure, waitMs: () => waitMs, cancel };
    },
  };
}

/** Reads the objects of format `json` from stdin: each ends with an empty line. */
function playJson(process: FakeProcess, run: (call: FakeCall) => void): void {
  let text = "";
  process.stdin.on("data", (part) => {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const { body } = JSON.parse(text.slice(0, end));
      text = text.slice(end + 2);
      // A process answers in its own time, never inside the write of its request.
      setImmediate(run, { body, process, answer: (answer: string) => writeJson(process.stdout, answer) });
    }
  });
}

function writeJson(stdout: Writable, body: string): void {
  stdout.write(JSON.stringify({ body, protocol: { status_code: 200 } }));
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export const echo = ({ body, answer }: FakeCall) => answer(body);

/** Functions that answer when the test says so; the calls they hold, in the order in which they came. */
export function held() {
  const calls: FakeCall[] = [];
  return { calls, hold: (call: FakeCall) => void calls.push(call) };
}

/** Lets streams, promises and what is done one turn later come to rest. */
export async function rest(rig: { readonly clock: FakeClock }): Promise<void> {
  for (let i = 0; i < 10; i++) await rig.clock.advance(0);
  await settle();
}

export function outcomes(calls: readonly Running[]): Promise<string[]> {
  return Promise.all(calls.map(({ outcome }) => outcome));
}
