import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import {
  type FakeNode,
  ForwardRig,
  get,
  hello,
  isWhole,
  ok,
  statusOf,
  valuesOf,
} from "./forward-rig.suite.ts";

describe("a listener that stops", () => {
  test("takes no new connections, ends idle ones, and waits for what is under way", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const [idle, busy] = [rig.connect(), rig.connect()];
    busy.send(get());
    await rig.until(() => rig.nodes[0]?.heads.length === 1 && rig.listener.connections === 2);
    let isStopped = false;
    const stopped = rig.listener.stop().then(() => {
      isStopped = true;
    });
    await rig.until(() => idle.hasEnd);
    const late = rig.connect();
    await rig.until(() => late.isClosed);
    assert.equal(isStopped, false);
    rig.nodes[0]?.ends[0]?.socket.write(ok("hello"));
    await rig.until(() => isWhole(busy.text));
    assert.match(busy.text, /\r\nConnection: close\r\n/);
    busy.socket.end();
    idle.socket.end();
    await stopped;
  });

  test("cuts off what is under way when it is told to", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const client = rig.connect();
    client.send(get());
    await rig.until(() => rig.nodes[0]?.heads.length === 1);
    const abort = new AbortController();
    const stopped = rig.listener.stop(abort.signal);
    abort.abort();
    await stopped;
    await rig.until(() => client.hasEnd || client.isClosed);
    assert.deepEqual([client.text, rig.finished[0]?.outcome], ["", "cancelled"]);
  });

  test("may be told so before it has started, and twice", async (t) => {
    const rig = await ForwardRig.start(t, []);
    await Promise.all([rig.listener.stop(), rig.listener.stop()]);
  });
});

describe("a listener that cannot have its address", () => {
  test("rejects with the system's error", async (t) => {
    const rig = await ForwardRig.start(t, []);
    const other = await ForwardRig.start(t, []);
    await other.listener.stop();
    const { HttpListener } = await import("./listener.ts");
    const { TrustedProxies } = await import("./trusted-proxies.ts");
    const { seededRandom } = await import("../../clock/random.ts");
    const listener = new HttpListener({
      onRequest() {},
      onError() {},
      limits: () => ({ connectionsMax: 1, timeouts: {}, trusted: new TrustedProxies() }),
      clock: rig.clock,
      random: seededRandom(1),
    });
    await assert.rejects(listener.start({ port: rig.listener.port, host: "127.0.0.1" }), {
      code: "EADDRINUSE",
    });
  });
});

describe("TLS", () => {
  let first: { cert: string; key: string };
  let second: { cert: string; key: string };

  before(() => {
    first = makeCertificate("first");
    second = makeCertificate("second");
  });

  async function askTls(
    rig: ForwardRig,
    options: ConnectionOptions,
  ): Promise<{ answer: string; name: string }> {
    const socket = connectTls({
      port: rig.listener.port,
      host: "127.0.0.1",
      servername: "localhost",
      ...options,
    });
    noteErrors(rig, socket);
    let answer = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      answer += text;
    });
    socket.write(get());
    await rig.until(() => isWhole(answer));
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.destroy();
    return { answer, name };
  }

  test("is spoken to clients, and the node is told so", async (t) => {
    const rig = await ForwardRig.start(t, [hello], { tls: first });
    const { answer, name } = await askTls(rig, { ca: first.cert });
    assert.deepEqual([statusOf(answer), name], [200, "first"]);
    assert.deepEqual(valuesOf(rig.nodes[0]?.heads[0] ?? "", "X-Forwarded-Proto"), ["https"]);
  });

  test("has another certificate after a reload, and those that are open go on", async (t) => {
    const rig = await ForwardRig.start(t, [hello], { tls: first });
    rig.listener.setSecureContext(second);
    assert.equal((await askTls(rig, { ca: second.cert })).name, "second");
    assert.throws(() => rig.listener.setSecureContext({ cert: "none", key: "none" }));
    assert.equal((await askTls(rig, { ca: second.cert })).name, "second");
  });

  test("is closed for one who does not speak it", async (t) => {
    const rig = await ForwardRig.start(t, [hello], { tls: first });
    const client = rig.connect();
    client.send(get());
    await rig.until(() => client.hasEnd || client.isClosed);
    assert.deepEqual([rig.errors.length, rig.nodes[0]?.heads.length], [1, 0]);
  });

  for (const [whom, ca, status] of [
    ["one that is who it says", true, 200],
    ["nobody else", false, 503],
  ] as const) {
    test(`is spoken to a node, ${whom}`, async (t) => {
      const node = await ForwardRig.start(t, [hello], { tls: first });
      const rig = await ForwardRig.start(t, [], {
        pools: { tls: { servername: "localhost", ...(ca ? { ca: first.cert } : {}) } },
      });
      const name = `127.0.0.1:${node.listener.port}`;
      rig.pools.open(name);
      // The rig of the node stands for it: only its name is asked.
      rig.nodes.push({ name, ends: [], heads: [], stop() {} } as unknown as FakeNode);
      for (let i = 0; i < 2; i++) assert.equal(statusOf(await rig.ask(get())), status);
    });
  }
});

function noteErrors(
  rig: ForwardRig,
  socket: { on(event: "error", listener: (error: Error) => void): unknown },
): void {
  socket.on("error", (error) => void rig.errors.push(error));
}

/** A key, and a certificate of it that is its own authority, for `localhost`. */
function makeCertificate(name: string): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), "fnlb-tls-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost"];
    execFileSync("openssl", [...request, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
