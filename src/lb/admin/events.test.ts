import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, startManagement } from "./management.suite.ts";

type Rig = Awaited<ReturnType<typeof startManagement>>;

const EVENTS = "/1/lb/events";
/** The second before the one in which the fake clock begins. */
const BEFORE = Date.parse("2018-01-22T10:00:00Z") / 1000 - 1;

interface Event {
  readonly id: number;
  readonly data: {
    readonly at: number;
    readonly stats: readonly { readonly tp: number }[];
    readonly nodes: Readonly<Record<string, { readonly state: string }>>;
  };
}

async function follow(rig: Rig, fields: readonly string[] = []) {
  const { wire, exchange, handled } = rig.begin("GET", EVENTS, { fields });
  await handled;
  const events = () =>
    [...wire.text.matchAll(/id: (\d+)\nevent: second\ndata: (.*)\n\n/g)].map(
      ([, id, data = ""]): Event => ({ id: Number(id), data: JSON.parse(data) }),
    );
  return { wire, exchange, events, ids: () => events().map(({ id }) => id - BEFORE) };
}

function call(rig: Rig, times = 1): void {
  for (let i = 0; i < times; i++) {
    rig.traffic.finished({
      node: A,
      fn: "/r/a/f",
      outcome: "answered",
      status: 200,
      ms: 1,
      waitNs: undefined,
    });
  }
}

/** The calls of each second that an event tells of. */
function callsIn(event: Event | undefined): number[] | undefined {
  return event?.data.stats.map(({ tp }) => tp);
}

describe("a reader of events", () => {
  test("gets a stream that may be taken up again", async () => {
    const { wire } = await follow(await startManagement());
    assert.match(
      wire.text,
      /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\nCache-Control: no-store\r\n/,
    );
    assert.match(wire.text, /retry: 2000\n/);
  });

  test("gets first what is kept, and the nodes", async () => {
    const rig = await startManagement({ nodes: [A] });
    rig.pass(A);
    call(rig, 2);
    await rig.clock.advance(1000);
    call(rig, 3);
    await rig.clock.advance(1500);
    const { events } = await follow(rig);
    const [first] = events();
    assert.deepEqual(callsIn(first), [2, 3]);
    assert.equal(first?.data.nodes[A]?.state, "healthy");
  });

  test("gets then each second when it is over, with its zeros", async () => {
    const rig = await startManagement();
    const { events, ids } = await follow(rig);
    call(rig, 2);
    await rig.clock.advance(2000);
    assert.deepEqual(ids(), [0, 1, 2]);
    assert.deepEqual(events().map(callsIn), [[], [2], [0]]);
  });

  test("gets several seconds at once when the balancer had no time", async () => {
    const rig = await startManagement();
    const { events } = await follow(rig);
    const nowMs = rig.clock.nowMs.bind(rig.clock);
    rig.clock.nowMs = () => nowMs() + 2000;
    call(rig);
    rig.clock.nowMs = () => nowMs() + 3000;
    await rig.clock.advance(1000);
    assert.deepEqual(callsIn(events()[1]), [1, 0]);
  });

  test("that comes back gets what it has missed", async () => {
    const rig = await startManagement();
    for (const times of [1, 2, 3]) {
      call(rig, times);
      await rig.clock.advance(1000);
    }
    const { events } = await follow(rig, [`Last-Event-ID: ${BEFORE + 1}`]);
    assert.deepEqual(callsIn(events()[0]), [2, 3]);
  });

  test("is one of many: all get the same", async () => {
    const rig = await startManagement();
    const readers = [await follow(rig), await follow(rig)];
    call(rig);
    await rig.clock.advance(1000);
    for (const { events } of readers) assert.deepEqual(callsIn(events()[1]), [1]);
  });

  test("that asks with HEAD gets the head", async () => {
    const { status, body } = await (await startManagement()).ask("HEAD", EVENTS);
    assert.deepEqual([status, body], [200, ""]);
  });
});

describe("the events", () => {
  test("are followed by 32 readers at most; the next is told to come again", async () => {
    const rig = await startManagement();
    const readers = [];
    for (let i = 0; i < 32; i++) readers.push(await follow(rig));
    const { status, head } = await rig.ask("GET", EVENTS);
    assert.equal(status, 503);
    assert.match(head, /\r\nRetry-After: \d+\r\n/);
    readers[0]?.exchange.gone();
    assert.match((await follow(rig)).wire.text, /^HTTP\/1\.1 200 /);
  });

  test("do not pile up for a reader who does not take them: it is let go", async () => {
    const rig = await startManagement();
    const slow = await follow(rig);
    const quick = await follow(rig);
    slow.wire.drain = new Promise(() => {});
    await rig.clock.advance(6000);
    assert.equal(slow.wire.brokenOff, "no");
    await rig.clock.advance(1000);
    assert.equal(slow.wire.brokenOff, "plainly");
    assert.deepEqual(slow.ids(), [0, 1]);
    assert.deepEqual(quick.ids(), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal(rig.management.eventReaders, 1);
  });

  test("come all to a reader who was behind and has caught up", async () => {
    const rig = await startManagement();
    const reader = await follow(rig);
    const { promise, resolve } = Promise.withResolvers<void>();
    reader.wire.drain = promise;
    call(rig);
    await rig.clock.advance(3000);
    assert.deepEqual(reader.ids(), [0, 1]);
    reader.wire.drain = undefined;
    resolve();
    await rig.clock.advance(1000);
    assert.deepEqual(reader.ids(), [0, 1, 4]);
    assert.deepEqual(callsIn(reader.events()[2]), [0, 0, 0]);
  });

  test("end whole when the balancer stops, and nobody follows from then on", async () => {
    const rig = await startManagement();
    const { wire } = await follow(rig);
    rig.management.stop();
    assert.ok(wire.text.endsWith("0\r\n\r\n"));
    assert.equal((await rig.ask("GET", EVENTS)).status, 503);
  });

  test("cost nothing when nobody follows them", async () => {
    const rig = await startManagement();
    const { exchange } = await follow(rig);
    assert.equal(rig.clock.pending, 1);
    exchange.gone();
    assert.equal(rig.clock.pending, 0);
  });
});
