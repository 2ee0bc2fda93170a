/** What the tests of the sources stand on. */
import pino from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import type { ListedNode } from "./source.ts";

export function node(name: string, more: Partial<ListedNode> = {}): ListedNode {
  return { name, weight: 1, isDraining: false, ...more };
}

/** A listener that keeps what it is told, as names; and a clock and a log to go with it. */
export function sourceRig() {
  const told: string[][] = [];
  const lists: (readonly ListedNode[])[] = [];
  const messages: string[] = [];
  let onTold = () => {};
  return {
    clock: new FakeClock(),
    log: pino({ level: "info" }, { write: (line) => void messages.push(JSON.parse(line).msg) }),
    messages,
    told,
    lists,
    onNodes(nodes: readonly ListedNode[]) {
      told.push(nodes.map(({ name }) => name));
      lists.push(nodes);
      onTold();
    },
    /** Resolves when the list has been told so many times. */
    toldTimes(count: number): Promise<void> {
      return new Promise((resolve) => {
        onTold = () => told.length >= count && resolve();
        onTold();
      });
    },
  };
}
