import type { Clock } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { Changes } from "./changes.ts";
import { FnTable, TableEntry } from "./fn-table.ts";
import { jumpHash } from "./jump-hash.ts";
import { hashOfKey } from "./key.ts";
import { NodePlacing } from "./node-placing.ts";
import { NodeTable, type PlacedNode } from "./node-table.ts";
import type { Candidate, FnLoad, Placing, Policy } from "./policy.ts";
import { SharedLoads } from "./shared-loads.ts";
import { agedAverage, drawStep, nextAverage, stayChance } from "./wait-rule.ts";

/** Nodes whose waits are remembered for one function; the one heard of least lately goes first. */
const WAITS_PER_FN_MAX = 64;

/**
 * The rule of Fn's balancer of 2017 and 2018: a home by jump hash over the sorted names, and a share of the calls further
 * round the list when they have to wait (wait-rule.ts). What Fn got wrong is not copied: its form of the jump hash, waits
 * that never age, and answers without a wait that count as none.
 */
export class Wait implements Policy {
  readonly name = "wait";
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #nodes = new NodeTable();
  readonly loads = new SharedLoads(this.#nodes, {
    take: () => this.#takeChanged(),
    learn: (loads) => this.#learn(loads),
  });
  readonly #fns = new FnTable((key) => new WaitFn(key));
  readonly #changed = new Changes<AverageWait>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  setNodes(nodes: readonly Candidate[]): void {
    this.#nodes.set(nodes, 0);
  }

  removeNode(name: string): void {
    this.#nodes.remove(name);
  }

  place(key: string, tried: readonly string[]): Placing | undefined {
    const nowNs = this.#clock.monotonicNs();
    const fn = this.#fns.use(key, Math.trunc(nowNs / 1e6));
    const node = this.#choose(fn, tried, nowNs);
    return node && new WaitPlacing(this, this.#nodes, node, fn);
  }

  /** For placings. */
  noteWait(fn: WaitFn, node: PlacedNode, waitNs: number): void {
    const wait = fn.note(node, waitNs, this.#clock.monotonicNs());
    this.#changed.add(wait);
  }

  #takeChanged(): FnLoad[] {
    const nowNs = this.#clock.monotonicNs();
    return this.#changed.take().map(({ fn, node, waitNs, heardNs }) => {
      const servedMsAgo = (nowNs - heardNs) / 1e6;
      return { fn: fn.key, node: node.name, outstanding: 0, waitNs, servedMsAgo };
    });
  }

  #learn(loads: readonly FnLoad[]): void {
    const nowNs = this.#clock.monotonicNs();
    for (const { fn: key, node, waitNs, servedMsAgo } of loads) {
      if (waitNs === undefined || servedMsAgo === undefined) continue;
      const fn = this.#fns.use(key, Math.trunc(nowNs / 1e6));
      fn.adopt(this.#nodes.get(node), waitNs, nowNs - servedMsAgo * 1e6);
    }
  }

  #choose(fn: WaitFn, tried: readonly string[], nowNs: number): PlacedNode | undefined {
    const { present, version } = this.#nodes;
    if (present.length === 0) return undefined;
    const home = fn.home(present.length, version);
    const at = (step: number) => present[(home + step) % present.length];
    const waitNsAt = (step: number) => {
      const node = at(step);
      return node === undefined ? 0 : fn.waitNs(node, nowNs);
    };
    const first = stayChance(waitNsAt(0)) === 1 ? 0 : drawStep(present.length, waitNsAt, this.#random);
    if (tried.length === 0) return at(first);

    // After the node that was drawn for the call come the others in the order of the walk.
    const last = present.findIndex(({ name }) => name === tried.at(-1));
    const from = last === -1 ? home + first : last + 1;
    for (let step = 0; step < present.length; step++) {
      const node = at(from - home + step);
      if (node && !tried.includes(node.name)) return node;
    }
    return undefined;
  }
}

/** How long calls of a function have to wait on a node. */
interface AverageWait {
  readonly fn: WaitFn;
  readonly node: PlacedNode;
  waitNs: number;
  heardNs: number;
}

class WaitFn extends TableEntry<WaitFn> {
  readonly #sipHash: bigint;
  readonly #waits: AverageWait[] = [];
  #home = 0;
  #version = -1;

  constructor(key: string) {
    super(key);
    this.#sipHash = hashOfKey(key);
  }

  /** The index of its home among so many nodes, as of this version of the list. */
  home(nodes: number, version: number): number {
    if (this.#version !== version) {
      this.#version = version;
      this.#home = jumpHash(this.#sipHash, nodes);
    }
    return this.#home;
  }

  /** The average wait; 0 when nothing is known. */
  waitNs(node: PlacedNode, nowNs: number): number {
    const wait = this.#find(node);
    return wait === undefined ? 0 : agedAverage(wait.waitNs, nowNs - wait.heardNs);
  }

  /** Takes in the wait of one call. */
  note(node: PlacedNode, waitNs: number, nowNs: number): AverageWait {
    const known = this.#find(node);
    const before = known && agedAverage(known.waitNs, nowNs - known.heardNs);
    return this.#set(known, node, nextAverage(before, waitNs), nowNs);
  }

  /** Takes over an average, unless a later one is known. */
  adopt(node: PlacedNode, waitNs: number, heardNs: number): void {
    const known = this.#find(node);
    if (known === undefined || known.heardNs < heardNs) this.#set(known, node, waitNs, heardNs);
  }

  #find(node: PlacedNode): AverageWait | undefined {
    return this.#waits.find((wait) => wait.node === node);
  }

  #set(known: AverageWait | undefined, node: PlacedNode, waitNs: number, heardNs: number): AverageWait {
    if (known) {
      known.waitNs = waitNs;
      known.heardNs = heardNs;
      return known;
    }
    const wait = { fn: this, node, waitNs, heardNs };
    if (this.#waits.length < WAITS_PER_FN_MAX) this.#waits.push(wait);
    else this.#waits[this.#indexOfOldest()] = wait;
    return wait;
  }

  #indexOfOldest(): number {
    const times = this.#waits.map(({ heardNs }) => heardNs);
    return times.indexOf(Math.min(...times));
  }
}

class WaitPlacing extends NodePlacing {
  readonly #policy: Wait;
  readonly #placedOn: PlacedNode;
  readonly #fn: WaitFn;
  #isAnswered = false;

  constructor(policy: Wait, nodes: NodeTable, node: PlacedNode, fn: WaitFn) {
    super(nodes, node);
    this.#policy = policy;
    this.#placedOn = node;
    this.#fn = fn;
  }

  override answered(waitNs: number | undefined): void {
    // An answer that tells no wait ran no function, and says nothing about the load.
    if (this.#isAnswered || waitNs === undefined) return;
    this.#isAnswered = true;
    this.#policy.noteWait(this.#fn, this.#placedOn, waitNs);
  }
}
