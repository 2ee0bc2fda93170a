/** What the tests of the management stand on: one that is asked without a socket, in front of nodes that nobody checks. */
import { pino } from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { createIds } from "../../clock/ids.ts";
import { seededRandom } from "../../clock/random.ts";
import { Exchange } from "../../http1/exchange.ts";
import { IncomingBody } from "../../http1/incoming-body.ts";
import { RecordingWire } from "../../http1/testdata/recording-wire.ts";
import { headOf } from "../../http1/testdata/requests.ts";
import { Members } from "../nodes/members.ts";
import type { NodeSource } from "../nodes/source.ts";
import { ToldSource } from "../nodes/told-source.ts";
import { aloneLink } from "../workers/link.ts";
import { gatherFigures } from "./figures.ts";
import { LbMetrics } from "./lb-metrics.ts";
import { Management, type ManagementOptions } from "./management.ts";
import { Registry } from "./registry.ts";
import { Traffic } from "./traffic.ts";

export const A = "10.0.0.1:8080";
export const B = "10.0.0.2:8080";

interface Asked {
  readonly body?: string;
  /** Header lines, each without its end. */
  readonly fields?: readonly string[];
  readonly peer?: string;
  readonly host?: string;
}

export interface Answer {
  readonly status: number;
  /** Names and values as written. */
  readonly head: string;
  readonly body: string;
}

export async function startManagement(
  options: {
    readonly nodes?: readonly string[];
    readonly source?: NodeSource;
  } & Partial<Omit<ManagementOptions, "nodes">> = {},
) {
  const clock = new FakeClock();
  const {
    nodes: names = [],
    source = new ToldSource({ names, link: aloneLink(), clock }),
    ...more
  } = options;
  const members = new Members({
    thresholds: { healthy: 1, unhealthy: 1 },
    onAdd() {},
    onRemove() {},
    onMove() {},
    clock,
  });
  const nodes = new Registry({ members, source, outstandingOf: () => 3 });
  await nodes.start();
  const traffic = new Traffic(clock);
  const none = { pools: () => [], connections: () => 0, eventReaders: () => 0 };
  const metrics = new LbMetrics({ nodes, traffic, ...none });
  const log: string[] = [];
  const management: Management = new Management({
    nodes,
    figures: gatherFigures({
      traffic,
      metrics,
      link: aloneLink(),
      now: () => Math.floor(clock.nowMs() / 1000),
    }),
    homes: { homeOf: () => undefined, homesOn: () => [] },
    warm: async (_, fns) => fns.length,
    access: { token: undefined, isOpen: false },
    dashboard: "<title>lb dash</title>",
    clock,
    ids: createIds(clock, seededRandom(1)),
    log: pino({}, { write: (line: string) => void log.push(line) }),
    ...more,
  });

  const begin = (method: string, target: string, asked: Asked = {}) => {
    const { body, fields = [], peer = "127.0.0.1", host = "lb" } = asked;
    const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields];
    const wire = new RecordingWire();
    const incoming = body === undefined ? undefined : bodyOf(body);
    const exchange = new Exchange(headOf(`${lines.join("\r\n")}\r\n\r\n`), incoming, wire);
    return { exchange, wire, handled: management.handle(exchange, peer) };
  };
  const ask = async (method: string, target: string, asked: Asked = {}): Promise<Answer> => {
    const { wire, handled } = begin(method, target, asked);
    await handled;
    return answerIn(wire.text);
  };
  /** Lets the node be healthy. */
  const pass = (name: string) => members.apply(name, { passed: true, beganNs: clock.monotonicNs() });
  const fail = (name: string, reason: string) =>
    members.apply(name, { passed: false, beganNs: clock.monotonicNs() }, reason);
  return { management, members, nodes, traffic, clock, log, begin, ask, pass, fail };
}

function bodyOf(text: string): IncomingBody {
  const body = new IncomingBody(() => {});
  if (text !== "") body.push(Buffer.from(text));
  body.end();
  return body;
}

function answerIn(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end);
  return { status: Number(head.slice(9, 12)), head, body: text.slice(end + 4) };
}
