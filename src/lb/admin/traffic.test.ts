import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import type { FinishedRequest } from "../observer.ts";
import { Traffic } from "./traffic.ts";

const START = "2018-01-22T10:00:00.000Z";
const NEXT = "2018-01-22T10:00:01.000Z";

let clock: FakeClock;
let traffic: Traffic;
beforeEach(() => {
  clock = new FakeClock();
  traffic = new Traffic(clock);
});

function finish(more: Partial<FinishedRequest> = {}, times = 1): void {
  const usual = { node: "a:1", fn: "/r/app/f", outcome: "answered", status: 200, ms: 10 } as const;
  for (let i = 0; i < times; i++) traffic.finished({ ...usual, waitNs: undefined, ...more });
}

function column<K extends keyof ReturnType<Traffic["points"]>[number]>(name: K) {
  return traffic.points().map((point) => point[name]);
}

describe("the traffic of the last minute", () => {
  test("is nothing before the first request", () => assert.deepEqual(traffic.points(), []));

  test("has a point per second, node and function", async () => {
    finish({ waitNs: 1e6 });
    finish({ waitNs: 2e6 });
    finish({ node: "b:1" });
    await clock.advance(1000);
    finish();
    const shown = traffic.points().map(({ timestamp, tp, node, func }) => [timestamp, tp, node, func]);
    assert.deepEqual(shown, [
      [START, 2, "a:1", "/r/app/f"],
      [START, 1, "b:1", "/r/app/f"],
      [NEXT, 1, "a:1", "/r/app/f"],
    ]);
  });

  test("is the same for each reader", () => {
    finish();
    assert.deepEqual(traffic.points(), traffic.points());
  });

  test("shows silence as zeros, up to the second that is not over", async () => {
    finish();
    await clock.advance(3000);
    assert.deepEqual(column("tp"), [1, 0, 0]);
  });

  test("keeps a minute", async () => {
    finish();
    await clock.advance(59_000);
    assert.equal(traffic.points().length, 59);
    await clock.advance(1000);
    assert.deepEqual(traffic.points(), []);
  });

  test("goes on over the end of its ring", async () => {
    for (let second = 0; second < 150; second++) {
      finish({}, 1 + (second % 3));
      await clock.advance(1000);
    }
    const counts = Array.from({ length: 59 }, (_, i) => 1 + ((91 + i) % 3));
    assert.deepEqual(column("tp"), counts);
  });

  test("can be read from a second on", async () => {
    finish();
    await clock.advance(1000);
    finish();
    const points = traffic.points(Date.parse(NEXT) / 1000);
    assert.deepEqual(
      points.map(({ timestamp }) => timestamp),
      [NEXT],
    );
  });
});

describe("a point", () => {
  test("has the mean of the waits that were told, in seconds", () => {
    finish({ waitNs: 1e6 });
    finish({ waitNs: 2e6 });
    finish();
    assert.deepEqual(column("wait"), [0.0015]);
  });

  test("has the latencies of 50, 95 and 99 in a hundred, in seconds, to 5 %", () => {
    finish({ ms: 10 }, 90);
    finish({ ms: 100 }, 8);
    finish({ ms: 1000 }, 2);
    const [{ p50, p95, p99 } = assert.fail()] = traffic.points();
    for (const [is, expected] of [
      [p50, 0.01],
      [p95, 0.1],
      [p99, 1],
    ] as const) {
      assert.ok(Math.abs(is / expected - 1) < 0.05, `${is} is not ${expected}`);
    }
  });

  test("keeps its latencies when its second is over", async () => {
    finish({ ms: 100 });
    const [before] = column("p50");
    await clock.advance(1000);
    finish({ ms: 1 });
    assert.equal(column("p50")[0], before);
    assert.notEqual(column("p50")[1], before);
  });

  test("counts by status, and has 499 for a client that left", () => {
    finish({}, 2);
    finish({ status: 503 });
    finish({ status: undefined, outcome: "cancelled" });
    assert.deepEqual(column("codes"), [{ "200": 2, "499": 1, "503": 1 }]);
  });

  test("names no node where none could take the request", () => {
    finish({ node: undefined, status: 502 });
    assert.deepEqual(column("node"), [""]);
  });
});

describe("paths that callers make up", () => {
  test("are not told apart beyond five hundred", () => {
    for (let i = 0; i < 700; i++) finish({ fn: `/r/app/${i}` });
    const others = traffic.points().filter(({ func }) => func === "other");
    assert.deepEqual(
      others.map(({ tp }) => tp),
      [200],
    );
    assert.equal(traffic.points().length, 501);
  });

  test("make room for others when they are a minute old", async () => {
    for (let i = 0; i < 500; i++) finish({ fn: `/r/app/${i}` });
    await clock.advance(60_000);
    finish({ fn: "/r/app/new" });
    assert.deepEqual(column("func"), ["/r/app/new"]);
  });

  test("are shown by their beginning", () => {
    finish({ fn: `/${"x".repeat(1000)}` });
    assert.equal(column("func")[0]?.length, 256);
  });
});
