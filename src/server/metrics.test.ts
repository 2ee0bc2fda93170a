import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AgentState } from "../agent/observer.ts";
import { answerHttp, startAgentNode } from "./agent-rig.suite.ts";
import { call } from "./invoke-rig.suite.ts";
import { Metrics } from "./metrics.ts";

const STATE: AgentState = {
  waiting: 0,
  containers: { starting: 1, idle: 2, busy: 3 },
  memoryUsedMib: 256,
  memoryMib: 1024,
  memoryIdleMib: 128,
  startsWaiting: 0,
  startsMax: 2,
  recordsDropped: 7,
};

const hello = { appName: "demo", path: "/hello" };
const LABELS = '{fn_appname="demo",fn_path="/hello"}';

async function linesAfter(act: (metrics: Metrics) => void): Promise<string[]> {
  const metrics = new Metrics(() => STATE);
  act(metrics);
  return (await metrics.text()).split("\n");
}

describe("metrics of the queue", () => {
  test("say how many calls of all nodes wait, run and are dead", async () => {
    const lines = await linesAfter((metrics) =>
      metrics.addQueue(async () => ({ queued: 3, running: 2, dead: 1 })),
    );
    for (const [state, count] of Object.entries({ queued: 3, running: 2, dead: 1 })) {
      assert.ok(lines.includes(`fn_async_calls{state="${state}"} ${count}`));
    }
  });

  test("stay what they were while the store does not answer", async () => {
    const answers = [{ queued: 3, running: 2, dead: 1 }, undefined];
    const metrics = new Metrics(() => STATE);
    metrics.addQueue(async () => answers.shift());
    await metrics.text();
    assert.match(await metrics.text(), /^fn_async_calls\{state="queued"\} 3$/m);
  });
});

describe("API reference 1.3: metrics of calls, by app and path", () => {
  const cases: readonly (readonly [
    what: string,
    act: (metrics: Metrics) => void,
    lines: readonly string[],
  ])[] = [
    [
      "a call that waits is queued",
      (metrics) => metrics.callSubmitted(hello),
      [`fn_calls${LABELS} 1`, `fn_queued${LABELS} 1`],
    ],
    [
      "a call in a container is running",
      (metrics) => {
        metrics.callSubmitted(hello);
        metrics.callStarted(hello, 12);
      },
      [`fn_queued${LABELS} 0`, `fn_running${LABELS} 1`, "fn_wait_duration_seconds_sum 0.012"],
    ],
    [
      "a call that ended well is completed",
      (metrics) => {
        metrics.callSubmitted(hello);
        metrics.callStarted(hello, 0);
        metrics.callEnded(hello, "success", 250);
      },
      [`fn_running${LABELS} 0`, `fn_completed${LABELS} 1`, "fn_run_duration_seconds_sum 0.25"],
    ],
    [
      "a call that took too long is failed and a timeout",
      (metrics) => {
        metrics.callSubmitted(hello);
        metrics.callStarted(hello, 0);
        metrics.callEnded(hello, "timeout", 1000);
      },
      [`fn_failed${LABELS} 1`, `fn_timeouts${LABELS} 1`, `fn_errors${LABELS} 0`],
    ],
    [
      "a call that never ran is failed, an error, and queued no more",
      (metrics) => {
        metrics.callSubmitted(hello);
        metrics.callEnded(hello, "error", undefined);
      },
      [
        `fn_failed${LABELS} 1`,
        `fn_errors${LABELS} 1`,
        `fn_queued${LABELS} 0`,
        "fn_run_duration_seconds_count 0",
      ],
    ],
  ];
  for (const [what, act, expected] of cases) {
    test(what, async () => {
      const lines = await linesAfter(act);
      for (const line of expected) assert.ok(lines.includes(line), line);
    });
  }

  test("are had as numbers, too", () => {
    const metrics = new Metrics(() => STATE);
    metrics.callSubmitted(hello);
    metrics.callEnded(hello, "error", undefined);
    metrics.callSubmitted(hello);
    assert.deepEqual([...metrics.fnCounts()], [{ ...hello, queued: 1, running: 0, completed: 0, failed: 1 }]);
  });

  test("of more functions than are told apart, the rest are counted together", async () => {
    const lines = await linesAfter((metrics) => {
      for (let i = 0; i < 2010; i++) metrics.callSubmitted({ appName: "demo", path: `/${i}` });
    });
    assert.ok(lines.includes('fn_calls{fn_appname="other",fn_path="other"} 10'));
  });
});

describe("a call is counted", () => {
  const ways: readonly (readonly [way: string, target: string, path: string])[] = [
    ["by route: under its path", "/r/app/x", "/x"],
    ["by trigger: under its source", "/t/app/x", "/x"],
    ["by the fn's id: under the fn's name", "/invoke/F", "plain"],
  ];
  for (const [way, target, path] of ways) {
    test(way, async () => {
      const metrics = new Metrics(() => STATE);
      const rig = await startAgentNode(answerHttp("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), {
        fn: { format: "http", name: "plain" },
        agent: { observer: metrics },
      });
      await call(rig.port, target, { method: "POST" });
      assert.match(await metrics.text(), new RegExp(`^fn_calls{fn_appname="app",fn_path="${path}"} 1$`, "m"));
    });
  }
});

describe("metrics of logs", () => {
  for (const line of ["fn_log_followers 3", "fn_syslog_lines_sent 5", "fn_syslog_lines_dropped 2"]) {
    test(line, async () => {
      const addLogs = (metrics: Metrics) =>
        metrics.addLogs({ followers: () => 3, syslog: () => ({ sent: 5, dropped: 2 }) });
      assert.ok((await linesAfter(addLogs)).includes(line));
    });
  }
});

describe("metrics of the node", () => {
  const lines = [
    'fn_containers{state="starting"} 1',
    'fn_containers{state="idle"} 2',
    'fn_containers{state="busy"} 3',
    "fn_memory_used_bytes 268435456",
    "fn_memory_free_bytes 805306368",
    "fn_container_starts_max 2",
    "fn_records_dropped 7",
  ];
  for (const line of lines) {
    test(line, async () => assert.ok((await linesAfter(() => {})).includes(line)));
  }

  test("starts of containers are timed, and those that failed counted", async () => {
    const seen = await linesAfter((metrics) => {
      metrics.containerStarted(150);
      metrics.containerFailed();
    });
    assert.ok(seen.includes("fn_container_start_duration_seconds_sum 0.15"));
    assert.ok(seen.includes("fn_container_starts_failed 1"));
  });

  test("queued calls are counted as they come to this node, and by how they leave it", async () => {
    const seen = await linesAfter((metrics) => {
      metrics.asyncClaimed(5);
      metrics.asyncEnded(false);
      metrics.asyncEnded(true);
      metrics.asyncPutBack("refused");
      metrics.asyncLost();
    });
    for (const line of [
      "fn_async_claimed 5",
      "fn_async_ended 2",
      "fn_async_dead 1",
      'fn_async_put_back{reason="refused"} 1',
      "fn_async_lost 1",
    ]) {
      assert.ok(seen.includes(line), line);
    }
  });

  test("calls to the container engine are timed, by operation and outcome", async () => {
    const seen = await linesAfter((metrics) => {
      metrics.engineCall("start", 95, "ok");
      metrics.engineCall("start", 5, "failed");
    });
    assert.ok(seen.includes('fn_engine_call_seconds_bucket{le="0.1",operation="start",outcome="ok"} 1'));
    assert.ok(seen.includes('fn_engine_call_seconds_count{operation="start",outcome="failed"} 1'));
  });
});
