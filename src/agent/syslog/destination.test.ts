import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { BACKLOG_BYTES_MAX, IDLE_MS_MAX, OPEN_MS_MAX, SyslogDestination } from "./destination.ts";
import type { TransportEvents } from "./transport.ts";

/** A connection that does what the test says. */
class FakeTransport {
  readonly sent: string[] = [];
  state: "usable" | "ended" | "destroyed" = "usable";
  /** Whether it takes more after a message. */
  isQuick = true;
  readonly events: TransportEvents;

  constructor(events: TransportEvents) {
    this.events = events;
  }

  send(message: Buffer): boolean {
    this.sent.push(message.toString());
    return this.isQuick;
  }

  end(): void {
    this.state = "ended";
    this.events.onClose(undefined);
  }

  destroy(): void {
    this.state = "destroyed";
    this.events.onClose(undefined);
  }

  ready(): void {
    this.events.onReady();
  }

  fail(): void {
    this.events.onClose(new Error("refused"));
  }
}

function openDestination() {
  const clock = new FakeClock();
  const transports: FakeTransport[] = [];
  const warnings: string[] = [];
  const counts = { sent: 0, dropped: 0, idle: 0 };
  const destination = new SyslogDestination({
    url: "tcp://logs",
    open(events) {
      const transport = new FakeTransport(events);
      transports.push(transport);
      return transport;
    },
    clock,
    // The longest delay there is.
    random: { next: () => 1 },
    log: pino({}, { write: (line) => warnings.push(JSON.parse(line).msg) }),
    onSent: () => counts.sent++,
    onDropped: (count) => {
      counts.dropped += count;
    },
    onIdle: () => counts.idle++,
  });
  return {
    clock,
    transports,
    warnings,
    counts,
    destination,
    offer: (...lines: string[]) => {
      for (const line of lines) destination.offer(Buffer.from(line));
    },
    /** The connection that there is now. */
    last(): FakeTransport {
      const transport = transports.at(-1);
      assert.ok(transport);
      return transport;
    },
  };
}

describe("a place for log lines", () => {
  test("is connected to when there is a line", () => {
    const rig = openDestination();
    assert.equal(rig.transports.length, 0);
    rig.offer("a");
    assert.equal(rig.transports.length, 1);
  });

  test("gets what came until it was open, in order, and then each line as it comes", () => {
    const rig = openDestination();
    rig.offer("a", "b");
    rig.last().ready();
    rig.offer("c");
    assert.deepEqual(rig.last().sent, ["a", "b", "c"]);
    assert.deepEqual(rig.counts, { sent: 3, dropped: 0, idle: 0 });
  });

  test("gets no more than it takes", () => {
    const rig = openDestination();
    rig.offer("a", "b");
    rig.last().isQuick = false;
    rig.last().ready();
    assert.deepEqual(rig.last().sent, ["a"]);
    rig.last().ready();
    assert.deepEqual(rig.last().sent, ["a", "b"]);
  });

  test("that does not keep up loses the oldest lines, which is counted, and said once", () => {
    const rig = openDestination();
    const mib = "x".repeat(BACKLOG_BYTES_MAX - 1);
    rig.offer("a", "b", mib, "c");
    rig.last().ready();
    assert.deepEqual(
      rig.last().sent.map((line) => line[0]),
      ["x", "c"],
    );
    assert.deepEqual([rig.counts.dropped, rig.warnings.length], [2, 1]);
  });

  test("that cannot be reached is tried again, each time later, up to half a minute", async () => {
    const rig = openDestination();
    rig.offer("a");
    for (const delayMs of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const tries = rig.transports.length;
      rig.last().fail();
      await rig.clock.advance(delayMs - 1);
      assert.equal(rig.transports.length, tries);
      await rig.clock.advance(1);
      assert.equal(rig.transports.length, tries + 1);
    }
    assert.equal(rig.warnings.length, 1);
    rig.last().ready();
    assert.deepEqual(rig.last().sent, ["a"]);
  });

  test("that lets nobody know is given up after ten seconds, and tried again", async () => {
    const rig = openDestination();
    rig.offer("a");
    await rig.clock.advance(OPEN_MS_MAX);
    assert.equal(rig.last().state, "destroyed");
    await rig.clock.advance(500);
    assert.equal(rig.transports.length, 2);
  });

  test("that breaks off while lines wait is tried again", async () => {
    const rig = openDestination();
    rig.offer("a", "b");
    rig.last().isQuick = false;
    rig.last().ready();
    rig.last().fail();
    await rig.clock.advance(500);
    rig.last().ready();
    assert.deepEqual(rig.last().sent, ["b"]);
  });

  test("that breaks off while nothing waits is left alone until there is a line", async () => {
    const rig = openDestination();
    rig.offer("a");
    rig.last().ready();
    rig.last().fail();
    assert.deepEqual([rig.counts.idle, rig.clock.pending, rig.warnings], [1, 0, []]);
    rig.offer("b");
    assert.equal(rig.transports.length, 2);
  });

  test("that gets nothing for two minutes is left", async () => {
    const rig = openDestination();
    rig.offer("a");
    rig.last().ready();
    await rig.clock.advance(IDLE_MS_MAX - 1);
    rig.offer("b");
    await rig.clock.advance(IDLE_MS_MAX - 1);
    assert.equal(rig.last().state, "usable");
    await rig.clock.advance(1);
    assert.deepEqual([rig.last().state, rig.counts.idle, rig.clock.pending], ["ended", 1, 0]);
  });

  test("that takes nothing for two minutes is broken off, and tried again", async () => {
    const rig = openDestination();
    rig.offer("a", "b");
    rig.last().isQuick = false;
    rig.last().ready();
    await rig.clock.advance(IDLE_MS_MAX);
    assert.equal(rig.last().state, "destroyed");
    await rig.clock.advance(500);
    assert.equal(rig.transports.length, 2);
  });
});

describe("a place that is given up for good", () => {
  test("is closed at once when nothing waits", async () => {
    const rig = openDestination();
    rig.offer("a");
    rig.last().ready();
    await rig.destination.stop(1000);
    assert.deepEqual([rig.last().state, rig.clock.pending], ["ended", 0]);
  });

  test("gets first what waits, when it takes that in time", async () => {
    const rig = openDestination();
    rig.offer("a");
    const stopped = rig.destination.stop(1000);
    rig.last().ready();
    await stopped;
    assert.deepEqual([rig.last().sent, rig.last().state, rig.counts.dropped], [["a"], "ended", 0]);
  });

  test("is not waited for longer, and what is left is lost", async () => {
    const rig = openDestination();
    rig.offer("a");
    const stopped = rig.destination.stop(1000);
    await rig.clock.advance(1000);
    await stopped;
    assert.deepEqual([rig.last().state, rig.counts.dropped, rig.clock.pending], ["destroyed", 1, 0]);
  });

  test("is not waited for at all while it cannot be reached", async () => {
    const rig = openDestination();
    rig.offer("a");
    rig.last().fail();
    await rig.destination.stop(1000);
    assert.deepEqual([rig.counts.dropped, rig.clock.pending], [1, 0]);
  });

  test("takes no more lines, and they are counted", async () => {
    const rig = openDestination();
    await rig.destination.stop(1000);
    rig.offer("a");
    assert.deepEqual([rig.counts.dropped, rig.transports.length], [1, 0]);
  });
});
