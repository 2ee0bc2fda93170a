import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { settle } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import { Anchors, anchorOptions } from "./anchor.ts";
import { connectEngine } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";
import { Remover } from "./remover.ts";

/** What an engine answers to `METHOD PATH`, without version and query; 200 and an empty list to all else. */
type Answers = Readonly<Record<string, () => readonly [status: number, body: unknown]>>;

function anchorsOf(host: string): Anchors {
  const engine = connectEngine(`tcp://${host}`);
  // Without chance every delay is 0.
  const backoff = { clock: systemClock, random: { next: () => 0 } };
  const remover = new Remover(engine, backoff, pino({ level: "silent" }));
  return new Anchors(engine, { remover, backoff, labels: {} });
}

async function rigOf(t: TestContext, answers: Answers) {
  const seen: string[] = [];
  const server = await startFakeServer((request, answer) => {
    request.resume();
    const call = `${request.method} ${request.url?.replace(/\?.*/, "")}`;
    seen.push(call);
    const [status, body] = answers[call]?.() ?? [200, []];
    answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  t.after(() => server.stop());
  return {
    anchors: anchorsOf(server.host),
    seen,
    count: (call: string) => seen.filter((other) => other === call).length,
  };
}

const created = () => [201, { Id: "a1" }] as const;
const networkMade = () => [201, { Id: "n1" }] as const;

function hintOf(pattern: RegExp) {
  return (error: unknown) =>
    error instanceof FnError && error.code === "container_start_failed" && pattern.test(error.hint ?? "");
}

describe("an anchor", () => {
  test("may do as little as possible", () => {
    const options = anchorOptions({ image: "anchor:1", network: "n1" }, { a: "b" });
    assert.deepEqual(options, {
      Image: "anchor:1",
      User: "1000:1000",
      Labels: { a: "b" },
      StopSignal: "SIGKILL",
      HostConfig: {
        NetworkMode: "n1",
        IpcMode: "none",
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
        ReadonlyRootfs: true,
        Memory: 16 * 1024 * 1024,
        MemorySwap: 16 * 1024 * 1024,
        PidsLimit: 16,
        LogConfig: { Type: "none", Config: {} },
      },
    });
  });

  test("is made of what has been looked up once", async (t) => {
    const { anchors, count } = await rigOf(t, {
      "POST /networks/create": networkMade,
      "POST /containers/create": created,
    });
    assert.deepEqual([await anchors.make(), await anchors.make()], ["a1", "a1"]);
    assert.equal(count("POST /networks/create"), 1);
  });

  test("is made of a new network when somebody has removed the one that was known", async (t) => {
    let starts = 0;
    const { anchors, count } = await rigOf(t, {
      "POST /networks/create": networkMade,
      "POST /containers/create": created,
      "POST /containers/a1/start": () =>
        ++starts === 2 ? [404, { message: "network n1 not found" }] : [204, ""],
    });
    await anchors.make();
    await anchors.make();
    assert.equal(count("POST /networks/create"), 2);
  });

  test("that does not start is removed", async (t) => {
    const { anchors, seen } = await rigOf(t, {
      "POST /networks/create": networkMade,
      "POST /containers/create": created,
      "POST /containers/a1/start": () => [500, { message: "no room" }],
    });
    await assert.rejects(anchors.make(), hintOf(/no room/));
    // Nobody waits for that.
    while (!seen.includes("DELETE /containers/a1")) await settle();
  });

  test("that cannot have a network fails with what to do about that", async (t) => {
    const { anchors } = await rigOf(t, {
      "POST /networks/create": () => [500, { message: "iptables failed" }],
    });
    await assert.rejects(anchors.make(), hintOf(/iptables failed.* -docker-network none, or bridge/));
  });

  test("cannot be made without an engine, and says that only", async () => {
    const { host, stop } = await startFakeServer(() => {});
    await stop();
    await assert.rejects(anchorsOf(host).make(), hintOf(/^the Docker engine does not answer: /));
  });
});

describe("the network of anchors", () => {
  test("is the one that is there", async (t) => {
    const { anchors, count } = await rigOf(t, {
      "GET /networks": () => [200, [{ Id: "n0", Name: "hotfn" }]],
      "POST /containers/create": created,
    });
    await anchors.make();
    assert.equal(count("POST /networks/create"), 0);
  });

  test("is not one of another name", async (t) => {
    const { anchors, count } = await rigOf(t, {
      "GET /networks": () => [200, [{ Id: "n0", Name: "hotfn-other" }]],
      "POST /networks/create": networkMade,
      "POST /containers/create": created,
    });
    await anchors.make();
    assert.equal(count("POST /networks/create"), 1);
  });

  test("is another node's when that was quicker, as soon as it can be seen", async (t) => {
    let looks = 0;
    const { anchors, count } = await rigOf(t, {
      "GET /networks": () => [200, ++looks < 3 ? [] : [{ Id: "n0", Name: "hotfn" }]],
      "POST /networks/create": () => [403, { message: "networks have same bridge name" }],
      "POST /containers/create": created,
    });
    assert.equal(await anchors.make(), "a1");
    assert.equal(count("POST /networks/create"), 2);
  });
});
