import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { calledFn } from "./called.suite.ts";
import type { EndedCall } from "./execution.ts";
import { LogFeed, type LogFilter, type LogListener } from "./log-feed.ts";
import { createRig, held, rest } from "./rig.suite.ts";

const log = pino({ level: "silent" });
const ENDED = { status: "success", completedAtMs: 7 } as EndedCall;

/** Notes what it is told, a line each. */
function notes() {
  const lines: string[] = [];
  const listener: LogListener = {
    onText: ({ callId, path }, text) => lines.push(`${callId} ${path} ${text}`),
    onEnd: ({ callId }, { status, isLast }) => lines.push(`${callId} ${status}${isLast ? "" : ", for now"}`),
  };
  return { lines, listener };
}

function sourceOf(callId: string, name = "hello", app = {}) {
  // Nothing else of its input matters to a feed.
  const input = { callId } as Parameters<LogFeed["open"]>[0]["input"];
  return { called: calledFn(name, { app }), input };
}

function followed(filter: LogFilter = { appName: "shop" }) {
  const feed = new LogFeed({ log });
  const { lines, listener } = notes();
  return { feed, lines, stop: feed.follow(filter, listener) };
}

describe("whoever follows an app", () => {
  test("is told what its calls write, as they write it, and how they end", () => {
    const { feed, lines } = followed();
    const call = feed.open(sourceOf("1"));
    call.append(Buffer.from("a\nb"));
    call.append(Buffer.from("c\n"));
    feed.close(call, ENDED);
    assert.deepEqual(lines, ["1 /hello a\nb", "1 /hello c\n", "1 success"]);
  });

  test("is told nothing of other apps", () => {
    const { feed, lines } = followed({ appName: "other" });
    const call = feed.open(sourceOf("1"));
    call.append(Buffer.from("a"));
    feed.close(call, ENDED);
    assert.deepEqual(lines, []);
  });

  test("may want the calls of one path only", () => {
    const { feed, lines } = followed({ appName: "shop", path: "/b" });
    for (const name of ["a", "b"]) feed.open(sourceOf(name, name)).append(Buffer.from("x"));
    assert.deepEqual(lines, ["b /b x"]);
  });

  test("knows a call by the path it came by, wherever that leads by now", () => {
    const { feed, lines } = followed({ appName: "shop", path: "/old" });
    feed.open({ ...sourceOf("1"), path: "/old" }).append(Buffer.from("x"));
    assert.deepEqual(lines, ["1 /old x"]);
  });

  test("may want one call only", () => {
    const { feed, lines } = followed({ appName: "shop", callId: "2" });
    for (const id of ["1", "2"]) feed.open(sourceOf(id)).append(Buffer.from("x"));
    assert.deepEqual(lines, ["2 /hello x"]);
  });

  test("is told nothing more once it has stopped", () => {
    const { feed, lines, stop } = followed();
    const call = feed.open(sourceOf("1"));
    stop();
    call.append(Buffer.from("a"));
    feed.close(call, ENDED);
    assert.deepEqual([lines, feed.followers], [[], 0]);
  });

  test("gets characters whole, in whatever parts they come", () => {
    const { feed, lines } = followed();
    const call = feed.open(sourceOf("1"));
    const bytes = Buffer.from("é€");
    for (let i = 0; i < bytes.length; i++) call.append(bytes.subarray(i, i + 1));
    assert.deepEqual(lines, ["1 /hello é", "1 /hello €"]);
  });

  test("gets characters whole, too, when it comes in the middle of one", () => {
    const feed = new LogFeed({ log });
    const call = feed.open(sourceOf("1"));
    const [first, second] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
    call.append(first);
    const { lines, listener } = notes();
    feed.follow({ appName: "shop" }, listener);
    call.append(second);
    assert.deepEqual(lines, ["1 /hello é"]);
  });

  test("learns at the end that a character was cut", () => {
    const { feed, lines } = followed();
    const call = feed.open(sourceOf("1"));
    call.append(Buffer.from([0xc3]));
    feed.close(call, ENDED);
    assert.deepEqual(lines, ["1 /hello \ufffd", "1 success"]);
  });

  test("is told the end of a run, which is not that of a call that may be run again", () => {
    const { feed, lines } = followed();
    feed.close(feed.open({ ...sourceOf("1"), record: () => {} }), ENDED);
    assert.deepEqual(lines, ["1 success, for now"]);
  });

  test("is told no more, and hurts nobody, when it throws", () => {
    const { feed, lines } = followed();
    let times = 0;
    const onText = () => {
      times++;
      throw new Error("full");
    };
    feed.follow({ appName: "shop" }, { onText, onEnd() {} });
    const call = feed.open(sourceOf("1"));
    call.append(Buffer.from("a"));
    call.append(Buffer.from("b"));
    assert.deepEqual([times, lines, call.text()], [1, ["1 /hello a", "1 /hello b"], "ab"]);
  });
});

describe("what a call has written so far", () => {
  test("can be had while it runs here", () => {
    const feed = new LogFeed({ log });
    const call = feed.open(sourceOf("1"));
    assert.equal(feed.running("shop", "1")?.text, "");
    call.append(Buffer.from("abé").subarray(0, 3));
    assert.equal(feed.running("shop", "1")?.text, "ab");
  });

  test("cannot before and after, and not under another app", () => {
    const feed = new LogFeed({ log });
    assert.equal(feed.running("shop", "1"), undefined);
    const call = feed.open(sourceOf("1"));
    assert.equal(feed.running("other", "1"), undefined);
    feed.close(call, ENDED);
    assert.equal(feed.running("shop", "1"), undefined);
  });
});

describe("syslog", () => {
  test("is told of the calls of apps that have a URL for it, whoever follows", () => {
    const { lines, listener } = notes();
    const feed = new LogFeed({ log, syslog: listener });
    feed.open(sourceOf("1")).append(Buffer.from("a"));
    feed.open(sourceOf("2", "hello", { syslogUrl: "udp://h" })).append(Buffer.from("b"));
    assert.deepEqual(lines, ["2 /hello b"]);
  });
});

describe("an agent with a feed", () => {
  test("tells what a function writes while it runs, and the end once the log is whole", async () => {
    const feed = new LogFeed({ log });
    const { calls, hold } = held();
    const rig = createRig(hold, { agent: { logFeed: feed } });
    const { lines, listener } = notes();
    feed.follow({ appName: "shop" }, listener);
    const call = rig.call("hello");
    await rest(rig);
    calls[0]?.process.stderr.write("working\n");
    await rest(rig);
    assert.deepEqual(lines, [`${call.id} /hello working\n`]);
    calls[0]?.answer("done");
    assert.equal(await call.outcome, "done");
    await rig.clock.advance(1000);
    assert.deepEqual(lines.slice(1), [`${call.id} success`]);
    assert.equal(feed.running("shop", call.id), undefined);
    await rig.agent.stop(0);
  });

  test("tells the end of a call that never got a container", async () => {
    const feed = new LogFeed({ log });
    const onStep = (step: string) => {
      if (step === "start") throw new Error("no room");
      return undefined;
    };
    const rig = createRig(() => {}, { agent: { logFeed: feed }, script: { onStep } });
    const { lines, listener } = notes();
    feed.follow({ appName: "shop" }, listener);
    const call = rig.call("hello");
    await rest(rig);
    await rig.clock.advance(2000);
    assert.deepEqual(lines, [`${call.id} error`]);
    await rig.agent.stop(0);
  });
});
