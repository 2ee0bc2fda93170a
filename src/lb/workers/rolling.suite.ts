/**
 * A program whose workers answer with what they are and what they have heard. It is restarted by SIGHUP, and ends on
 * SIGTERM.
 *
 *     rolling.suite.ts COUNT
 */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { Server } from "node:net";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { openWorkerLink } from "./link.ts";
import { Supervisor } from "./supervisor.ts";

/** A request that takes so long is under way while its worker drains. */
const SLOW_MS = 200;

const [, , role = ""] = process.argv;
if (role === "worker") await work();
else await supervise(Number(role));

async function supervise(count: number): Promise<void> {
  const supervisor = new Supervisor({
    count,
    addresses: { traffic: { host: "127.0.0.1", port: 0 } },
    fork: () => fork(fileURLToPath(import.meta.url), ["worker"], { detached: true }),
    clock: systemClock,
    log: pino({ level: "silent" }),
  });
  process.on("SIGHUP", async () => {
    await supervisor.restart();
    process.send?.({ isRestarted: true });
  });
  process.on("SIGTERM", async () => {
    await supervisor.stop();
    process.exit(0);
  });
  process.on("disconnect", () => {
    supervisor.kill();
    process.exit(1);
  });
  await supervisor.start();
  process.send?.({ readyOnPort: supervisor.port("traffic") });
}

async function work(): Promise<void> {
  const link = await openWorkerLink(process);
  let calls = 0;
  const heard: unknown[] = [];
  const gone: string[] = [];
  link.answer("calls", () => calls);
  link.subscribe("word", (word, from) => heard.push({ word, from }));
  link.onGone((worker) => gone.push(worker));

  let isDraining = false;
  const server = createServer(async ({ url = "" }, response) => {
    calls++;
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (pathname === "/publish") link.publish("word", searchParams.get("word"));
    if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    const asked = pathname === "/ask" ? await link.ask("calls") : [];
    if (isDraining) response.setHeader("Connection", "close");
    response.end(JSON.stringify({ worker: link.worker, pid: process.pid, heard, gone, asked }));
  });
  server.listen(link.socket("traffic"), () => link.ready());

  const drain = () => {
    isDraining = true;
    // That of node:http also closes connections whose next request may be on its way.
    Server.prototype.close.call(server, () => process.exit(0));
  };
  process.once("SIGTERM", drain);
  process.once("disconnect", () => process.exit(1));
}
