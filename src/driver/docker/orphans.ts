import { readlink } from "node:fs/promises";
import { hostname } from "node:os";
import type Docker from "dockerode";
import type { Logger } from "pino";
import { type Clock, within } from "../../clock/clock.ts";
import { startTicksOf } from "../common/proc.ts";
import { ANCHOR_LABEL } from "./anchor.ts";
import { reasonOf } from "./engine.ts";
import type { Remover } from "./remover.ts";

/** Whose a container is: labels that each one carries. */
export interface Owner {
  /** Where the owner's pid means anything: a machine, and there a pid namespace. */
  readonly "hotfn.host": string;
  /** `PID-TICKS`, which names the server's process for good (see common/proc.ts). */
  readonly "hotfn.owner": string;
}

/** The engine answers within milliseconds; a node must not wait for long for one that hangs. */
const LIST_WAIT_MS = 10_000;

/** Undefined where processes cannot be told apart for good: then nobody may take a container for an orphan. */
export async function thisOwner(): Promise<Owner | undefined> {
  const startTicks = await startTicksOf(process.pid);
  if (startTicks === undefined) return undefined;
  const namespace = await readlink("/proc/self/ns/pid");
  return { "hotfn.host": `${hostname()}/${namespace}`, "hotfn.owner": `${process.pid}-${startTicks}` };
}

/** Removes the containers whose server is dead. What an engine does not tell is left for the next start. */
export async function removeOrphans(
  engine: Docker,
  owner: Owner,
  { clock, remover, log }: { readonly clock: Clock; readonly remover: Remover; readonly log: Logger },
): Promise<void> {
  const filters = { label: [`hotfn.host=${owner["hotfn.host"]}`] };
  try {
    const containers = await within(clock, LIST_WAIT_MS, engine.listContainers({ all: true, filters }));
    if (containers === undefined) throw new Error(`no answer in ${LIST_WAIT_MS} ms`);
    const isOrphan = await Promise.all(containers.map(({ Labels }) => isDead(Labels["hotfn.owner"])));
    const orphans = containers.filter((_container, i) => isOrphan[i]);
    if (orphans.length > 0) log.warn({ count: orphans.length }, "removing the containers of a dead server");
    const isAnchor = ({ Labels }: Docker.ContainerInfo) => Labels[ANCHOR_LABEL.name] === ANCHOR_LABEL.value;
    // Anchors last: other containers are in their networks.
    for (const some of [orphans.filter((orphan) => !isAnchor(orphan)), orphans.filter(isAnchor)]) {
      await Promise.all(some.map(({ Id }) => remover.remove(Id)));
    }
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, "cannot look for the containers of dead servers");
  }
}

async function isDead(owner: string | undefined): Promise<boolean> {
  const [, pid, startTicks] = /^(\d+)-(\d+)$/.exec(owner ?? "") ?? [];
  return pid !== undefined && (await startTicksOf(Number(pid))) !== startTicks;
}
