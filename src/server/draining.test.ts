import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import { DRAIN_IDLE_MS, DRAIN_NEW_MS, isFromBalancer } from "./draining.ts";
import { answering, startNode } from "./invoke-rig.suite.ts";

const VIA = "Via: 1.1 fnlb\r\n";

describe("a node that goes down", () => {
  test("takes no new connection", async (t) => {
    const { connectTo, drain } = await drainRig(t);
    const kept = await connectTo(VIA);
    void drain();
    await kept.afterDrain();
    await assert.rejects(connectTo(VIA), { code: "ECONNREFUSED" });
  });

  test("answers a call that a balancer sends over a connection it has kept, and says that it is draining", async (t) => {
    const { connectTo, drain } = await drainRig(t);
    const balancer = await connectTo(VIA);
    const stopped = drain();
    await balancer.afterDrain();
    balancer.post(VIA);
    await balancer.ended;
    assert.match(balancer.lastAnswer(), /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(balancer.lastAnswer(), /\r\nFn-Node-State: draining\r\n/);
    assert.match(balancer.lastAnswer(), /\r\nConnection: close\r\n/);
    await stopped;
  });

  test("closes a balancer's idle connection after five seconds, and is down then", async (t) => {
    const { connectTo, drain, clock } = await drainRig(t);
    const balancer = await connectTo(VIA);
    const stopped = drain();
    await balancer.afterDrain();
    await clock.advance(DRAIN_IDLE_MS - 1);
    assert.equal(balancer.hasEnded, false);
    await clock.advance(1);
    await Promise.all([balancer.ended, stopped]);
  });

  test("is down as soon as the balancer has closed its connections", async (t) => {
    const { connectTo, drain } = await drainRig(t);
    const balancers = [await connectTo(VIA), await connectTo(VIA)];
    const stopped = drain();
    await balancers[0]?.afterDrain();
    for (const balancer of balancers) balancer.close();
    await stopped;
  });

  test("closes the idle connections of others at once", async (t) => {
    const { connectTo, drain } = await drainRig(t);
    const other = await connectTo("");
    const stopped = drain();
    await Promise.all([other.ended, stopped]);
  });

  test("takes a request on a connection that was made a moment before", async (t) => {
    const { connectTo, drain, clock } = await drainRig(t);
    const [quick, silent] = [await connectTo(undefined), await connectTo(undefined)];
    const stopped = drain();
    await quick.afterDrain();
    quick.post("");
    await quick.ended;
    assert.match(quick.lastAnswer(), /^HTTP\/1\.1 200 OK\r\n/);
    await clock.advance(DRAIN_NEW_MS);
    await Promise.all([silent.ended, stopped]);
  });

  for (const [what, target, status] of [
    ["a call of nothing", "/r/nobody/x", 404],
    ["the question whether it is ready", "/health/ready", 503],
    ["the question how it does", "/metrics", 200],
  ] as const) {
    test(`says so in its answer to ${what}`, async (t) => {
      const { connectTo, drain } = await drainRig(t);
      const balancer = await connectTo(VIA);
      void drain();
      await balancer.afterDrain();
      balancer.get(target, VIA);
      await balancer.ended;
      assert.match(balancer.lastAnswer(), new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(balancer.lastAnswer(), /\r\nFn-Node-State: draining\r\n/);
    });
  }
});

describe("a node that does not go down", () => {
  test("says nothing of it, whatever a function says", async (t) => {
    const { connectTo } = await drainRig(t);
    const client = await connectTo(VIA);
    assert.doesNotMatch(client.lastAnswer(), /Fn-Node-State/i);
  });
});

describe("a request comes from our balancer", () => {
  const vias: readonly (readonly [via: string, isOurs: boolean])[] = [
    ["1.1 fnlb", true],
    ["HTTP/1.1 fnlb", true],
    ["1.0 elsewhere, 1.1 fnlb", true],
    ["1.1 FNLB ", true],
    ["1.1 fnlb, 1.1 elsewhere", false],
    ["1.1 fnlb.example.com", false],
    ["fnlb", false],
    ["", false],
  ];
  for (const [via, isOurs] of vias) {
    test(`${isOurs ? "when" : "not when"} its Via is '${via}'`, () => {
      assert.equal(isFromBalancer([["Via", via]]), isOurs);
    });
  }

  test("when the last Via of several says so", () => {
    assert.ok(
      isFromBalancer([
        ["via", "1.1 elsewhere"],
        ["VIA", "1.1 fnlb"],
      ]),
    );
    assert.ok(
      !isFromBalancer([
        ["Via", "1.1 fnlb"],
        ["Via", "1.1 elsewhere"],
      ]),
    );
  });

  test("not when it has none", () => assert.ok(!isFromBalancer([["Host", "a"]])));
});

async function drainRig(t: TestContext) {
  const clock = new FakeClock();
  const run = answering(200, [["Fn-Node-State", "draining"]], "ok\n");
  const { port, node } = await startNode(run, { clock });
  return {
    clock,
    drain: () => node.stop(),
    /** A client whose first call, with these field lines, was answered; without them one that has said nothing yet. */
    async connectTo(lines: string | undefined) {
      const client = new RawClient(port);
      t.after(() => client.close());
      await client.connected;
      if (lines === undefined) return client;
      client.post(lines);
      await client.until((text) => text.endsWith("ok\n"));
      return client;
    },
  };
}

class RawClient {
  readonly connected: Promise<unknown>;
  /** Resolves when the node has closed its side. */
  readonly ended: Promise<unknown>;
  hasEnded = false;
  readonly #socket;
  readonly #changes = new EventEmitter();
  #text = "";

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1").setEncoding("latin1");
    this.connected = once(this.#socket, "connect");
    this.#socket.on("data", (text: string) => {
      this.#text += text;
      this.#changes.emit("change");
    });
    this.#socket.on("error", () => {});
    this.ended = new Promise((resolve) => this.#socket.once("end", resolve));
    this.#socket.once("end", () => {
      this.hasEnded = true;
    });
  }

  post(lines: string): void {
    this.#send(`POST /r/app/x HTTP/1.1\r\nHost: a\r\n${lines}Content-Length: 2\r\n\r\nhi`);
  }

  get(target: string, lines: string): void {
    this.#send(`GET ${target} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
  }

  lastAnswer(): string {
    return this.#text.slice(this.#text.lastIndexOf("HTTP/1.1 "));
  }

  async until(isSo: (text: string) => boolean): Promise<void> {
    while (!isSo(this.#text)) await once(this.#changes, "change");
  }

  /** The node listens no more. */
  async afterDrain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(text: string): void {
    this.#socket.write(text, "latin1");
  }
}
