import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { FakeClock } from "../../clock/fake-clock.ts";
import { seededRandom } from "../../clock/random.ts";
import type { LoggedCall } from "../log-feed.ts";
import { SyslogSink, type SyslogSinkOptions } from "./syslog-sink.ts";

const AT = "2018-01-22T10:00:00.000Z";
const certificate = readFileSync(new URL("testdata/certificate.pem", import.meta.url), "utf8");
const key = readFileSync(new URL("testdata/key.pem", import.meta.url), "utf8");

function openSink(t: TestContext, options: Partial<SyslogSinkOptions> = {}): SyslogSink {
  const sink = new SyslogSink({
    clock: new FakeClock(),
    random: seededRandom(1),
    log: pino({ level: "silent" }),
    nodeName: "node-1",
    ...options,
  });
  t.after(() => sink.stop());
  return sink;
}

function callTo(syslogUrl: string, callId = "01A"): LoggedCall {
  return { appName: "shop", fnName: "/hello", path: "/hello", callId, syslogUrl };
}

const message = (text: string) => `<14>1 ${AT} node-1 shop 01A /hello - ${text}`;
const framed = (text: string) => `${message(text).length} ${message(text)}`;

/** What a server has got, and a wait until that is so much. */
async function listen(
  t: TestContext,
  server: Server,
  onto: { port: number; host: string } | { path: string },
) {
  const sockets = new Set<Socket>();
  let text = "";
  const changed = new Set<() => void>();
  server.on(
    server.listenerCount("secureConnection") > 0 ? "secureConnection" : "connection",
    (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.setEncoding("utf8").on("data", (part) => {
        text += part;
        for (const tell of changed) tell();
      });
    },
  );
  server.listen(onto);
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const got = async (wanted: string) => {
    while (text.length < wanted.length) {
      await new Promise<void>((resolve) => changed.add(resolve));
      changed.clear();
    }
    assert.equal(text, wanted);
  };
  return { got, address: server.address(), sockets };
}

const LOCAL = { port: 0, host: "127.0.0.1" };

describe("lines that functions write are sent", () => {
  test("over udp, a datagram each", async (t) => {
    const server = createSocket("udp4").bind(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const got: string[] = [];
    const two = new Promise<void>((resolve) => {
      server.on("message", (bytes) => {
        got.push(bytes.toString());
        if (got.length === 2) resolve();
      });
    });
    const sink = openSink(t);
    sink.onText(callTo(`udp://127.0.0.1:${server.address().port}`), "a\nb\n");
    await two;
    assert.deepEqual(got, [message("a"), message("b")]);
    assert.deepEqual(sink.counts, { sent: 2, dropped: 0 });
  });

  test("over tcp, behind their length", async (t) => {
    const { address, got } = await listen(t, createTcpServer(), LOCAL);
    const sink = openSink(t);
    sink.onText(callTo(`tcp://localhost:${(address as AddressInfo).port}`), "a\nb\n");
    await got(framed("a") + framed("b"));
  });

  test("over a unix socket, the same way", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "syslog-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "log");
    const { got } = await listen(t, createTcpServer(), { path });
    openSink(t).onText(callTo(`unix://${path}`), "a\n");
    await got(framed("a"));
  });

  test("over tls, to a server that the authorities vouch for", async (t) => {
    const server = createTlsServer({ cert: certificate, key });
    server.on("secureConnection", () => {});
    const { address, got } = await listen(t, server, LOCAL);
    const { port } = address as AddressInfo;
    openSink(t, { ca: [certificate] }).onText(callTo(`tcp+tls://localhost:${port}`), "a\n");
    await got(framed("a"));
  });

  test("over tls to nobody else", async (t) => {
    const server = createTlsServer({ cert: certificate, key });
    server.on("tlsClientError", () => {});
    server.on("secureConnection", () => {});
    const { address } = await listen(t, server, LOCAL);
    const { port } = address as AddressInfo;
    const warned = Promise.withResolvers<string>();
    const log = pino({}, { write: (line) => warned.resolve(JSON.parse(line).err.code) });
    const sink = openSink(t, { log });
    sink.onText(callTo(`tcp+tls://localhost:${port}`), "a\n");
    assert.equal(await warned.promise, "DEPTH_ZERO_SELF_SIGNED_CERT");
    assert.equal(sink.counts.sent, 0);
  });
});

describe("a sink", () => {
  test("keeps the lines of calls apart, and sends what nobody ended at the end of the call", async (t) => {
    const { address, got } = await listen(t, createTcpServer(), LOCAL);
    const url = `tcp://127.0.0.1:${(address as AddressInfo).port}`;
    const sink = openSink(t);
    const [first, second] = [callTo(url), callTo(url)];
    sink.onText(first, "a");
    sink.onText(second, "x\n");
    sink.onText(first, "b");
    sink.onEnd(first);
    sink.onEnd(second);
    await got(framed("x") + framed("ab"));
  });

  test("has one connection for all calls of a URL", async (t) => {
    const { address, got, sockets } = await listen(t, createTcpServer(), LOCAL);
    const url = `tcp://127.0.0.1:${(address as AddressInfo).port}`;
    const sink = openSink(t);
    sink.onText(callTo(url), "a\n");
    sink.onText(callTo(url), "b\n");
    await got(framed("a") + framed("b"));
    assert.equal(sockets.size, 1);
  });

  test("counts lines for places that are none as lost", (t) => {
    const sink = openSink(t);
    sink.onText(callTo("nowhere"), "a\nb\n");
    assert.deepEqual(sink.counts, { sent: 0, dropped: 2 });
  });

  test("that stops sends what it has, and takes nothing more", async (t) => {
    const { address, got } = await listen(t, createTcpServer(), LOCAL);
    const url = `tcp://127.0.0.1:${(address as AddressInfo).port}`;
    const sink = openSink(t, { clock: systemClock });
    const atMs = Date.parse(AT);
    t.mock.method(systemClock, "nowMs", () => atMs);
    sink.onText(callTo(url), "a\n");
    await Promise.all([sink.stop(), sink.stop()]);
    sink.onText(callTo(url), "b\n");
    await got(framed("a"));
    assert.deepEqual(sink.counts, { sent: 1, dropped: 1 });
  });
});
