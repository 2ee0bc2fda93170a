/** The balancers that `lb-forward` compares, each a program of its own, in front of the same two backends. */
import { mkdtempSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { compileBackend } from "./native.ts";
import { haproxy } from "./peers/haproxy.ts";
import { nginx } from "./peers/nginx.ts";
import type { Program, Programs } from "./programs.ts";
import { requireProgram } from "./programs.ts";
import { projectRoot } from "./start.ts";

/** A balancer that runs. */
export interface RunningBalancer {
  readonly url: string;
  /** Its memory that is resident now, with that of its processes. */
  residentKib(): number;
}

export const PEERS = { haproxy, nginx } as const;
export type PeerName = keyof typeof PEERS;

export function requirePeers(): void {
  requireProgram(["haproxy", "-v"], "haproxy");
  requireProgram(["nginx", "-v"], "nginx-light");
}

/** Starts the backends, and gives the `host:port` of each. */
export async function startBackends(programs: Programs): Promise<readonly string[]> {
  const { message } = await programs.start([await compileBackend(programs)]);
  // The backend tells its ports so.
  const { readyOnPorts } = message as { readonly readyOnPorts: readonly number[] };
  return readyOnPorts.map((port) => `127.0.0.1:${port}`);
}

export async function startFnlb(programs: Programs, nodes: readonly string[]): Promise<RunningBalancer> {
  const program = await programs.start([
    join(projectRoot, "bin/fnlb"),
    ...["-nodes", nodes.join(","), "-listen", "127.0.0.1:0", "-mgmt-listen", "127.0.0.1:0"],
    ...["-log-level", "error"],
  ]);
  // Programs of this project tell their port so.
  const { readyOnPort } = program.message as { readonly readyOnPort: number };
  return runningOn(readyOnPort, program);
}

export async function startPeer(
  name: PeerName,
  programs: Programs,
  nodes: readonly string[],
): Promise<RunningBalancer> {
  const port = await freePort();
  const dir = mkdtempSync(join(programs.dir, `${name}-`));
  const command = PEERS[name]({ dir, port, nodes });
  return runningOn(port, await programs.startOnPort(command, port));
}

function runningOn(port: number, { pid }: Program): RunningBalancer {
  return { url: `http://127.0.0.1:${port}`, residentKib: () => residentKib(pid) };
}

/** Of a process and those it has started. Source: proc(5). */
function residentKib(pid: number): number {
  const [, own] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? [];
  return children.reduce((sum, child) => sum + residentKib(Number(child)), Number(own));
}

/** Nobody listened on it a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      // What listens on a port has an address of this kind.
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
