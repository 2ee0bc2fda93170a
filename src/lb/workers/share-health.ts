import type { Prober } from "../nodes/prober.ts";
import type { WorkerLink } from "./link.ts";

const TOPIC = "unhealthy";

export interface HealthSharing {
  /** A node has become unhealthy here. */
  tell(node: string): void;
}

/**
 * Each worker checks the nodes itself, so that none depends on another for it. What they share is suspicion: a node that
 * one of them takes for unhealthy, perhaps since calls to it failed, is checked by the others at once. Nobody takes a node
 * out on the word of another: whose connection failed may be the one with the trouble.
 */
export function shareHealth(prober: Pick<Prober, "hurry">, link: WorkerLink): HealthSharing {
  link.subscribe(TOPIC, (node) => prober.hurry(String(node)));
  return { tell: (node) => link.publish(TOPIC, node) };
}
