import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { pino } from "pino";
import type { CallLog } from "../../agent/call-log.ts";
import { calledFn } from "../../agent/called.suite.ts";
import type { EndedCall } from "../../agent/execution.ts";
import { LogFeed } from "../../agent/log-feed.ts";
import type { CallStatus } from "../../model/call.ts";
import { FOLLOWERS_MAX } from "./log-follow.ts";
import { CALLS_MAX, LOOK_MS } from "./log-follower.ts";
import { HEARTBEAT_MS } from "./log-stream.ts";
import { endQueued, type Lifetime, openRig, type Rig, seedCalls, seedQueued } from "./rig.suite.ts";

const LOGS = "/v1/apps/demo/logs?follow=1";
const CALL_LOG = (id: string) => `/v1/apps/demo/calls/${id}/log?follow=1`;

interface FollowRig extends Rig {
  /** A call of `demo` that runs on this node. */
  run(id: string, more?: { readonly path?: string; readonly isQueued?: boolean }): LocalCall;
  follow(target: string): Promise<Following>;
}

interface LocalCall {
  write(text: string): void;
  end(status?: CallStatus): void;
}

interface Following {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Resolves with what came, as soon as it is so many events; an `event data` each. */
  events(count: number): Promise<string[]>;
  /** Resolves with all that came, once the answer has ended. */
  ended: Promise<string[]>;
  raw(): string;
  leave(): void;
}

async function openFollowRig(t: Lifetime): Promise<FollowRig> {
  const logFeed = new LogFeed({ log: pino({ level: "silent" }) });
  const rig = await openRig(t, { logFeed });
  // Its node goes down before its server does.
  t.after(async () => rig.management.drain());
  await seedCalls(rig, []);
  return {
    ...rig,
    run(id, { path = "hello", isQueued = false } = {}) {
      // Nothing else of its input matters to a feed.
      const input = { callId: id } as Parameters<LogFeed["open"]>[0]["input"];
      const source = { called: calledFn(path, { app: { name: "demo" } }), input };
      const log: CallLog = logFeed.open(isQueued ? { ...source, record() {} } : source);
      return {
        write: (text) => log.append(Buffer.from(text)),
        // A feed looks at nothing else.
        end: (status = "success") =>
          logFeed.close(log, { status, completedAtMs: rig.clock.nowMs() } as EndedCall),
      };
    },
    follow: (target) => follow((rig.server.address() as AddressInfo).port, target),
  };
}

async function follow(port: number, path: string): Promise<Following> {
  const sent = httpRequest({ port, host: "127.0.0.1", path, agent: false }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let raw = "";
  response.setEncoding("utf8").on("data", (part) => {
    raw += part;
  });
  response.on("error", () => {});
  const read = () =>
    [...raw.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event, data]) => `${event} ${data}`);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    raw: () => raw,
    leave: () => response.destroy(),
    ended: new Promise((resolve) => response.once("close", () => resolve(read()))),
    async events(count) {
      while (read().length < count) await once(response, "data");
      return read();
    },
  };
}

/** Moves time until the followers have looked into the store. */
async function look({ clock }: Rig): Promise<void> {
  await clock.advance(LOOK_MS);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const hello = (id: string, text: string) => `log {"call_id":"${id}","path":"/hello","text":"${text}"}`;
const end = (id: string, status = "success") => `end {"call_id":"${id}","status":"${status}"}`;

describe("whoever follows an app", () => {
  test("gets a stream of events", async (t) => {
    const rig = await openFollowRig(t);
    const { status, headers } = await rig.follow(LOGS);
    assert.equal(status, 200);
    assert.match(String(headers["content-type"]), /^text\/event-stream/);
    assert.equal(headers["cache-control"], "no-store");
  });

  test("gets what its functions write, as they write it, and the ends of calls", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    const call = rig.run("01A");
    call.write("a");
    assert.deepEqual(await following.events(1), [hello("01A", "a")]);
    call.write("b");
    call.end("error");
    assert.deepEqual((await following.events(3)).slice(1), [hello("01A", "b"), end("01A", "error")]);
  });

  test("gets the calls of one path, if that is named", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(`${LOGS}&path=/hello`);
    rig.run("01A", { path: "other" }).write("no");
    rig.run("01B").write("yes");
    assert.deepEqual(await following.events(1), [hello("01B", "yes")]);
  });

  test("gets the calls of other nodes when they have ended, with their logs", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    await seedCalls(rig, ["01A"], {}, "elsewhere");
    await look(rig);
    assert.deepEqual(await following.events(2), [hello("01A", "elsewhere"), end("01A")]);
  });

  test("gets no call twice that ran here and is stored", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    const call = rig.run("01A");
    call.write("here");
    call.end();
    await seedCalls(rig, ["01A", "01B"], {}, "stored");
    await look(rig);
    assert.deepEqual(await following.events(4), [
      hello("01A", "here"),
      end("01A"),
      hello("01B", "stored"),
      end("01B"),
    ]);
  });

  test("gets no call that had ended before", async (t) => {
    const rig = await openFollowRig(t);
    await seedCalls(rig, ["01A"], {}, "old");
    const following = await rig.follow(LOGS);
    await seedCalls(rig, ["01B"], {}, "new");
    await look(rig);
    assert.deepEqual(await following.events(2), [hello("01B", "new"), end("01B")]);
  });

  test("gets an async call once, when it ran here: live, and its end from the store", async (t) => {
    const rig = await openFollowRig(t);
    const id = await seedQueued(rig);
    const following = await rig.follow(LOGS);
    const run = rig.run(id, { isQueued: true });
    run.write("live");
    run.end();
    await endQueued(rig);
    await look(rig);
    assert.deepEqual(await following.events(2), [hello(id, "live"), end(id)]);
  });

  test("goes on when the store could not be reached for a while", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    const away = t.mock.method(rig.store.calls, "list", () => Promise.reject(new Error("away")), {
      times: 1,
    });
    await look(rig);
    assert.equal(away.mock.callCount(), 1);
    await seedCalls(rig, ["01A"]);
    await look(rig);
    assert.deepEqual(await following.events(1), [end("01A")]);
  });

  test("sees the ends of the calls that are among the newest when it looks", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    const ids = Array.from({ length: CALLS_MAX + 1 }, (_, i) => `01${String(i).padStart(4, "0")}`);
    await seedCalls(rig, ids);
    await look(rig);
    assert.deepEqual(
      await following.events(CALLS_MAX),
      ids.slice(1).map((id) => end(id)),
    );
  });

  test("is refused for an app that is not there", async (t) => {
    const rig = await openFollowRig(t);
    const { status, body } = await rig.send("GET", "/v1/apps/none/logs?follow=1");
    assert.deepEqual([status, body.error?.code], [404, "app_not_found"]);
    assert.equal(rig.management.logFollowers, 0);
  });

  test("has to say so: there are no logs of an app otherwise", async (t) => {
    const rig = await openFollowRig(t);
    const { status, body } = await rig.send("GET", "/v1/apps/demo/logs");
    assert.deepEqual([status, body.error?.code], [404, "path_not_found"]);
  });
});

describe("whoever follows a call", () => {
  test("gets first what is there, then what comes, until the end of the call", async (t) => {
    const rig = await openFollowRig(t);
    const call = rig.run("01A");
    call.write("first");
    const following = await rig.follow(CALL_LOG("01A"));
    assert.deepEqual(await following.events(1), [hello("01A", "first")]);
    call.write("then");
    call.end();
    assert.deepEqual(await following.ended, [hello("01A", "first"), hello("01A", "then"), end("01A")]);
  });

  test("that has ended gets its log and its end", async (t) => {
    const rig = await openFollowRig(t);
    await seedCalls(rig, ["01A"], { status: "timeout" }, "stored");
    const following = await rig.follow(CALL_LOG("01A"));
    assert.deepEqual(await following.ended, [hello("01A", "stored"), end("01A", "timeout")]);
  });

  test("gets the longest log whole", async (t) => {
    const rig = await openFollowRig(t);
    await seedCalls(rig, ["01A"], {}, "x".repeat(1024 * 1024));
    const [first = "", last] = await (await rig.follow(CALL_LOG("01A"))).ended;
    assert.deepEqual([JSON.parse(first.slice("log ".length)).text.length, last], [1024 * 1024, end("01A")]);
  });

  test("waits while that is queued, and gets what it writes when it runs here", async (t) => {
    const rig = await openFollowRig(t);
    const id = await seedQueued(rig);
    const following = await rig.follow(CALL_LOG(id));
    await look(rig);
    const run = rig.run(id, { isQueued: true });
    run.write("now");
    run.end();
    await endQueued(rig);
    await look(rig);
    assert.deepEqual(await following.ended, [hello(id, "now"), end(id)]);
  });

  test("gets all attempts of an async call, up to its last", async (t) => {
    const rig = await openFollowRig(t);
    const id = await seedQueued(rig);
    const following = await rig.follow(CALL_LOG(id));
    for (const text of ["once", "twice"]) {
      const run = rig.run(id, { isQueued: true });
      run.write(text);
      run.end("error");
    }
    await endQueued(rig, { status: "error" });
    await look(rig);
    assert.deepEqual(await following.ended, [hello(id, "once"), hello(id, "twice"), end(id, "error")]);
  });

  test("gets its end when it is cancelled while it waits", async (t) => {
    const rig = await openFollowRig(t);
    const id = await seedQueued(rig);
    const following = await rig.follow(CALL_LOG(id));
    await rig.store.queue.cancel("demo", id);
    await look(rig);
    assert.deepEqual(await following.ended, [end(id, "cancelled")]);
  });

  test("gets no more when the call is removed", async (t) => {
    const rig = await openFollowRig(t);
    const id = await seedQueued(rig);
    const following = await rig.follow(CALL_LOG(id));
    await rig.store.apps.remove({ name: "demo" });
    await look(rig);
    assert.deepEqual(await following.ended, []);
  });

  test("is refused where there is none", async (t) => {
    const rig = await openFollowRig(t);
    const { status, body } = await rig.send("GET", CALL_LOG("none"));
    assert.deepEqual([status, body.error?.code], [404, "log_not_found"]);
  });
});

describe("followers", () => {
  test("are sent a comment every 15 seconds", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    await until(() => following.raw() === "retry: 2000\n:\n\n");
    await rig.clock.advance(HEARTBEAT_MS);
    await until(() => following.raw() === "retry: 2000\n:\n\n:\n\n");
  });

  test("are 32 at most; the next is told to come again", async (t) => {
    const rig = await openFollowRig(t);
    const followings = [];
    for (let i = 0; i < FOLLOWERS_MAX; i++) followings.push(await rig.follow(LOGS));
    const { status, headers, body } = await rig.send("GET", LOGS);
    assert.deepEqual([status, body.error?.code], [503, "management_busy"]);
    assert.equal(headers["retry-after"], "10");
    for (const { leave } of followings) leave();
  });

  test("that leave leave nothing behind", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    assert.equal(rig.management.logFollowers, 1);
    following.leave();
    await until(() => rig.management.logFollowers === 0);
    await look(rig);
    assert.equal(rig.clock.pending, 0);
  });

  test("are let go at once when the node goes down, and there are no new ones", async (t) => {
    const rig = await openFollowRig(t);
    const following = await rig.follow(LOGS);
    rig.management.drain();
    assert.deepEqual(await following.ended, []);
    await look(rig);
    assert.equal(rig.clock.pending, 0);
    assert.equal((await rig.send("GET", LOGS)).status, 503);
  });
});
