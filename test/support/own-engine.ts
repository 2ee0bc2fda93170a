/** A Docker engine of a test's own, which it may stop and start as it likes. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineAt } from "./docker.ts";
import { eventually } from "./programs.ts";

/** Why tests with an engine of their own are skipped; false when they run. Where everything is required they run. */
export function skipWithoutDaemon(): string | false {
  if (process.env.CI_REQUIRE_ALL === "true") return false;
  if (process.getuid?.() !== 0) return "an engine of its own needs root";
  return spawnSync("dockerd", ["--version"]).error ? "dockerd is not installed" : false;
}

/**
 * An engine that is alone in its folder, and in a network namespace of its own: one without a bridge removes that of
 * another engine where it sees it.
 */
export class OwnEngine {
  readonly dir = mkdtempSync(join(tmpdir(), "hotfn-engine-"));
  readonly socket = join(this.dir, "docker.sock");
  readonly client = engineAt(this.socket);
  #child: ChildProcess | undefined;

  async start(): Promise<void> {
    const log = openSync(join(this.dir, "log"), "a");
    const paths = ["data-root", "exec-root", "pidfile"].map((name) => `--${name}=${join(this.dir, name)}`);
    const network = ["--bridge", "none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"];
    const args = [...paths, ...network, "--host", `unix://${this.socket}`, "--shutdown-timeout", "5"];
    const child = spawn("unshare", ["--net", "dockerd", ...args], { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    await eventually(
      async () => {
        assert.equal(child.exitCode, null, `dockerd has ended: ${this.#lastWords()}`);
        return await this.client.ping().then(
          () => true,
          () => false,
        );
      },
      "the engine answers",
      30_000,
    );
  }

  /** Ends it in order, with its containers. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #lastWords(): string {
    const log = join(this.dir, "log");
    return existsSync(log) ? readFileSync(log, "utf8").slice(-2_000) : "";
  }
}
