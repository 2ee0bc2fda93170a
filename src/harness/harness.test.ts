import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "../clock/clock.ts";
import { FakeClock } from "../clock/fake-clock.ts";
import { runHarness } from "./harness.ts";
import type { HarnessOptions } from "./options.ts";
import type { Report } from "./report.ts";

/** Listens on a free port until the test ends; gives `host:port`. */
async function listen(t: TestContext, handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

/** A node that runs the function and says who it is. */
function node(name: string): RequestListener {
  return (_, response) => {
    response.setHeader("Fn-Node", name);
    response.end('{"durationSeconds": 0.001, "hostname": "shared"}');
  };
}

/** A balancer that answers the API, and calls by `onCall`. */
function balancer(onCall: RequestListener, onApi: RequestListener = (_, response) => response.end("{}")) {
  return (request: IncomingMessage, response: ServerResponse) =>
    (request.url?.startsWith("/v1/") ? onApi : onCall)(request, response);
}

interface Ran {
  readonly code: number;
  readonly printed: readonly string[];
  readonly noted: readonly string[];
}

async function run(change: Partial<HarnessOptions>, clock = systemClock): Promise<Ran> {
  const options: HarnessOptions = {
    balancer: "127.0.0.1:1",
    nodes: [],
    route: "/r/primesapp/primes",
    image: "dir:functions/primes",
    calls: 3,
    concurrency: 1,
    max: 1000,
    loops: 2,
    timeoutMs: 60_000,
    errorsMax: 0,
    nodesMax: 0,
    isVerbose: false,
    isJson: false,
    ...change,
  };
  const printed: string[] = [];
  const noted: string[] = [];
  const code = await runHarness(options, clock, {
    print: (line) => void printed.push(line),
    note: (line) => void noted.push(line),
  });
  return { code, printed, noted };
}

async function reportOf(change: Partial<HarnessOptions>): Promise<Report> {
  const { printed } = await run({ isJson: true, ...change });
  return JSON.parse(printed.join("\n"));
}

describe("the route", () => {
  test("is created with its app and image, and nothing else, through the balancer", async (t) => {
    const asked: string[] = [];
    const address = await listen(
      t,
      balancer(node("a"), async (request, response) => {
        asked.push(`${request.method} ${request.url} ${await text(request)}`);
        response.end("{}");
      }),
    );
    await run({ balancer: address, route: "/r/myapp/a/b" });
    assert.deepEqual(asked, [
      'POST /v1/apps/myapp/routes {"route":{"path":"/a/b","image":"dir:functions/primes"}}',
    ]);
  });

  test("is left as it is when it is there already", async (t) => {
    const present = balancer(node("a"), (_, response) => response.writeHead(409).end("{}"));
    assert.equal((await run({ balancer: await listen(t, present) })).code, 0);
  });

  test("that cannot be created ends the run, with the server's message", async (t) => {
    const refusing = balancer(node("a"), (_, response) =>
      response.writeHead(400).end('{"error":{"message":"Invalid app name"}}'),
    );
    const { code, noted } = await run({ balancer: await listen(t, refusing) });
    assert.equal(code, 1);
    assert.deepEqual(noted, ["ERROR: The route /r/primesapp/primes cannot be created: Invalid app name"]);
  });
});

describe("a balancer that is not there", () => {
  test("is told in one sentence, with exit code 1", async () => {
    assert.deepEqual(await run({ balancer: "127.0.0.1:1" }), {
      code: 1,
      printed: [],
      noted: [
        "ERROR: The balancer at 127.0.0.1:1 cannot be reached (ECONNREFUSED): start it, or name another one with -lb",
      ],
    });
  });
});

describe("discovery", () => {
  test("calls each node once, with little work", async (t) => {
    const asked: string[] = [];
    const address = await listen(t, (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      node("a")(request, response);
    });
    const report = await reportOf({ balancer: await listen(t, balancer(node("a"))), nodes: [address] });
    assert.deepEqual(asked, ["GET /r/primesapp/primes?max=100&loops=1"]);
    assert.deepEqual(report.discovery, [{ address, name: "a", problem: null }]);
  });

  test("leaves a node out that fails or does not answer, and goes on", async (t) => {
    const failing = await listen(t, (_, response) => response.writeHead(500).end());
    const nodes = [failing, "127.0.0.1:1"];
    const { code, printed } = await run({ balancer: await listen(t, balancer(node("a"))), nodes });
    assert.equal(code, 0);
    assert.match(printed[1] ?? "", /left out: function returned status code: 500$/);
    assert.match(printed[2] ?? "", /left out: no answer \(ECONNREFUSED\)$/);
  });

  test("lets the report name the addresses of nodes", async (t) => {
    const nodes = await Promise.all(["a", "b"].map((name) => listen(t, node(name))));
    const report = await reportOf({ balancer: await listen(t, balancer(node("b"))), nodes });
    assert.deepEqual(report.nodes[0]?.addresses, [nodes[1]]);
  });
});

describe("the calls", () => {
  test("are as many as asked for, each with max and loops", async (t) => {
    const asked: string[] = [];
    const counting = balancer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      node("a")(request, response);
    });
    await run({ balancer: await listen(t, counting), calls: 3 });
    assert.deepEqual(asked, Array(3).fill("GET /r/primesapp/primes?max=1000&loops=2"));
  });

  test("are as many at a time as asked for", async (t) => {
    const waiting: ServerResponse[] = [];
    // Answers only once four are there, so that fewer at a time would never end.
    const gathering = balancer((_, response) => {
      waiting.push(response.setHeader("Fn-Node", "a"));
      if (waiting.length === 4) for (const held of waiting.splice(0)) held.end();
    });
    const report = await reportOf({ balancer: await listen(t, gathering), calls: 8, concurrency: 4 });
    assert.equal(report.calls, 8);
  });

  test("use one connection again and again when there is one at a time", async (t) => {
    const ports = new Set<number | undefined>();
    const noting = balancer((request, response) => {
      ports.add(request.socket.remotePort);
      node("a")(request, response);
    });
    await run({ balancer: await listen(t, noting), calls: 5 });
    assert.equal(ports.size, 1);
  });

  test("that fail are counted by status and make the exit code 1", async (t) => {
    let call = 0;
    const flaky = balancer((request, response) => {
      if (++call === 2) response.writeHead(503, { "Fn-Node": "a" }).end("busy");
      else node("a")(request, response);
    });
    const { code, printed } = await run({ balancer: await listen(t, flaky), isJson: true });
    const report: Report = JSON.parse(printed[0] ?? "");
    assert.equal(code, 1);
    assert.deepEqual(report.failures, { "503": 1 });
    assert.deepEqual(report.failed, [{ call: 2, node: "a", status: "503", body: "busy" }]);
  });

  test("whose connection breaks are failures without a node", async (t) => {
    const breaking = balancer((request) => void request.socket.destroy());
    const report = await reportOf({ balancer: await listen(t, breaking), calls: 1 });
    assert.equal(report.failedCalls, 1);
    assert.equal(report.nodes[0]?.node, null);
  });

  test("that take longer than the limit fail as timeout, even in the middle of an answer", async (t) => {
    const clock = new FakeClock();
    const stalling = balancer((_, response) => {
      response.write("begun");
      // The first part has left before the time is up.
      setImmediate(() => void clock.advance(5000));
    });
    const { printed } = await run(
      { balancer: await listen(t, stalling), calls: 1, timeoutMs: 5000, isJson: true },
      clock,
    );
    assert.deepEqual(JSON.parse(printed[0] ?? "").failures, { timeout: 1 });
    assert.equal(clock.pending, 0);
  });

  test("are attributed by the body's host name when no header names the node", async (t) => {
    const old = balancer((_, response) => response.end('{"durationSeconds": 0.1, "hostname": "4f2a"}'));
    assert.equal((await reportOf({ balancer: await listen(t, old) })).nodes[0]?.node, "4f2a");
  });
});

describe("the output", () => {
  test("with --json is one object on standard output, even with -v", async (t) => {
    const address = await listen(t, balancer(node("a")));
    const { printed, noted } = await run({ balancer: address, isJson: true, isVerbose: true });
    assert.equal(printed.length, 1);
    assert.equal(JSON.parse(printed[0] ?? "").calls, 3);
    assert.equal(noted.filter((line) => line.includes("response time")).length, 3);
  });

  test("with -v has a line for each call", async (t) => {
    const { printed } = await run({ balancer: await listen(t, balancer(node("a"))), isVerbose: true });
    const lines = printed.filter((line) =>
      /a in-function duration: 0\.001000sec, response time: /.test(line),
    );
    assert.equal(lines.length, 3);
  });

  test("without either is the introduction and the report", async (t) => {
    const { printed, noted } = await run({ balancer: await listen(t, balancer(node("a"))) });
    assert.deepEqual(noted, []);
    assert.ok(printed.includes("Results (executions per node):"));
    assert.equal(printed.at(-1), "OK");
  });
});

describe("the exit code", () => {
  const alternating = () => {
    let call = 0;
    return balancer((request, response) => node(call++ % 2 === 0 ? "a" : "b")(request, response));
  };

  test("is 1 when more nodes answer than expected", async (t) => {
    assert.equal((await run({ balancer: await listen(t, alternating()), nodesMax: 1 })).code, 1);
  });

  test("is 0 when as many nodes answer as expected", async (t) => {
    assert.equal((await run({ balancer: await listen(t, alternating()), nodesMax: 2 })).code, 0);
  });
});

describe("bin/fnlb-test-harness", () => {
  const program = join(import.meta.dirname, "../../bin/fnlb-test-harness");
  const runProgram = promisify(execFile);

  test("reads its flags, prints the report and exits with 0", async (t) => {
    const lb = await listen(t, balancer(node("a")));
    const nodes = await listen(t, node("a"));
    const argv = ["-lb", lb, "-nodes", nodes, "-calls", "2", "-concurrency=2", "--json"];
    const report: Report = JSON.parse((await runProgram(program, argv)).stdout);
    assert.deepEqual([report.calls, report.concurrency, report.nodes[0]?.addresses], [2, 2, [nodes]]);
  });

  for (const wrong of [
    ["-route", "/primes"],
    ["-route", "/r/primesapp/primes?max=3"],
    ["-max", "2"],
  ]) {
    test(`exits with 2 for ${wrong.join(" ")}`, async () => {
      await assert.rejects(runProgram(program, wrong), { code: 2 });
    });
  }
});
