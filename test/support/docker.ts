/** Nodes whose functions run in containers of the Docker engine of this machine, and what the engine says of them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type Docker from "dockerode";
import { connectEngine, DEFAULT_DOCKER_HOST } from "../../src/driver/docker/engine.ts";
import { type NodeRig, type Owner, startNode } from "./programs.ts";

export { skipWithoutEngine } from "../../src/driver/docker/test-images.suite.ts";

/** Tests take no other. */
export const engine = connectEngine(DEFAULT_DOCKER_HOST);

/** An owner for what lives as long as a suite; to be called where the suite is described. */
export function ownerOfSuite(): Owner {
  const undone: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const undo of undone) await undo();
  });
  return { after: (undo) => undone.push(undo) };
}

export interface DockerNode extends NodeRig {
  readonly pid: number;
  /** Its functions' containers, running or not, by id. */
  containers(): Promise<string[]>;
  /** All containers that it has in the engine. */
  everything(): Promise<string[]>;
  /** Folders for the sockets of containers. */
  socketDirs(): string[];
}

let nodes = 0;

/** One node with driver docker. What it leaves behind, when it does, is removed with its owner. */
export async function startDockerNode(
  owner: Owner,
  options: {
    readonly args?: readonly string[];
    readonly env?: Record<string, string>;
    /** Of an earlier node: this one takes its place. */
    readonly dir?: string;
    /** Where it is not the engine of this machine. */
    readonly engine?: Docker;
  } = {},
): Promise<DockerNode> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "hotfn-"));
  const name = `test-${process.pid}-${++nodes}`;
  const { engine: ownEngine = engine } = options;
  const everything = () => labelled(ownEngine, `hotfn.instance=${name}`);
  let rig: NodeRig;
  try {
    const args = ["-driver", "docker", "-node-name", name, ...(options.args ?? [])];
    rig = await startNode(owner, { dir, args, env: options.env ?? {} });
  } finally {
    // Owners undo in the order of these calls, so the node has ended by then.
    owner.after(async () => {
      await removeAll(ownEngine, everything).catch(() => {});
      rmSync(dir, { recursive: true, force: true });
    });
  }
  return {
    ...rig,
    pid: rig.program.child.pid ?? 0,
    // Containers that hold the network of an app run no image of a function.
    containers: () => labelled(ownEngine, `hotfn.instance=${name}`, "hotfn.image"),
    everything,
    socketDirs: () => socketDirsIn(dir),
  };
}

async function removeAll(engine: Docker, ids: () => Promise<string[]>): Promise<void> {
  for (const id of await ids()) await engine.getContainer(id).remove({ force: true });
}

async function labelled(engine: Docker, ...label: string[]): Promise<string[]> {
  return (await engine.listContainers({ all: true, filters: { label } })).map(({ Id }) => Id);
}

/** Of all servers that have used this folder of a node. */
export function socketDirsIn(dir: string): string[] {
  const workDir = join(dir, "io");
  const servers = readdirSync(workDir).filter((name) => /^\d+-\d+-/.test(name));
  return servers.flatMap((server) => readdirSync(join(workDir, server)).map((name) => join(server, name)));
}

/** How much resident memory a process gains at most while `work` runs, in MiB. */
export async function memoryGainMib(pid: number, work: () => Promise<void>): Promise<number> {
  const beforeMib = memoryMib(pid, "VmRSS");
  // Sets the high-water mark to what it has now. Source: proc_pid_clear_refs(5).
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  await work();
  return memoryMib(pid, "VmHWM") - beforeMib;
}

/** Resident memory of a process in MiB: what it has now, or the most it has had. */
export function memoryMib(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
}
