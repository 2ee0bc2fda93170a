import type { Clock } from "../../clock/clock.ts";
import { Changes } from "./changes.ts";
import { FnTable } from "./fn-table.ts";
import { homesOn } from "./homes.ts";
import { NodeTable } from "./node-table.ts";
import type { Candidate, FnLoad, Placing, Policy } from "./policy.ts";
import { SharedLoads } from "./shared-loads.ts";
import { type Place, WarmFn } from "./warm-fn.ts";
import { COLD_MS_FIRST, isWorthLeaving, nextMean, RUN_MS_FIRST, SCOUT_MS } from "./warm-rule.ts";

/** A first call that waited less than this found a container after all: no start is so quick. */
const COLD_MS_LEAST = 10;

/**
 * Keeps functions where they are hot. Each has its own order of all nodes (rendezvous.ts), the first of which is its
 * home. A call goes to the first of them that is expected to answer about as soon as any (warm-rule.ts), so that a
 * function is on as few nodes as serve it well, and all balancers choose the same.
 */
export class Warm implements Policy {
  readonly name = "warm";
  readonly #clock: Clock;
  readonly #nodes = new NodeTable();
  readonly #fns = new FnTable((key) => new WarmFn(key));
  readonly loads = new SharedLoads(this.#nodes, {
    take: () => this.#takeChanged(),
    learn: (loads) => this.#learn(loads),
    addOthers: (fn, node, change) => this.#addOthers(fn, node, change),
  });
  readonly #changed = new Changes<Place>();
  /** What a cold start costs, over all functions. */
  #coldMs = COLD_MS_FIRST;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  setNodes(nodes: readonly Candidate[]): void {
    this.#nodes.set(nodes, wholeMs(this.#clock.monotonicNs()));
  }

  removeNode(name: string): void {
    this.#nodes.remove(name);
  }

  place(key: string, tried: readonly string[]): Placing | undefined {
    const nowNs = this.#clock.monotonicNs();
    const nowMs = wholeMs(nowNs);
    const fn = this.#fns.use(key, nowMs);
    const place = this.#choose(fn, tried, nowMs);
    if (place === undefined) return undefined;

    const isHot = place.isHot(nowMs);
    place.begin(nowMs);
    this.#nodes.begin(place.node);
    this.#changed.add(place);
    return new WarmPlacing(this, place, nowNs, isHot);
  }

  /** For placings. */
  answered(place: Place, { placedNs, wasHot, outstanding }: WarmPlacing, waitNs: number | undefined): void {
    const nowNs = this.#clock.monotonicNs();
    const nowMs = wholeMs(nowNs);
    place.heard(nowMs);
    // Such an answer ran no function, and says nothing about one.
    if (waitNs === undefined) return;
    const waitMs = Math.max(0, waitNs / 1e6);
    const runMs = Math.max(0, (nowNs - placedNs) / 1e6 - waitMs);
    const { fn } = place;
    fn.learnRun(runMs);
    place.served(nowMs);
    if (wasHot) place.learn(outstanding, waitMs, runMs);
    else if (outstanding === 1 && waitMs >= COLD_MS_LEAST) {
      fn.learnCold(waitMs);
      this.#coldMs = nextMean(this.#coldMs, waitMs);
    }
    this.#changed.add(place);
  }

  /** For placings. */
  ended(place: Place, { placedNs, isAnswered, wasServed }: WarmPlacing): void {
    place.own--;
    this.#nodes.end(place.node);
    const nowMs = wholeMs(this.#clock.monotonicNs());
    // The container was busy until now, and is hot from now on.
    if (wasServed) place.served(nowMs);
    else if (!isAnswered) place.leftUnanswered(wholeMs(placedNs), nowMs);
    this.#changed.add(place);
  }

  homesOn(node: Candidate, limit: number): readonly string[] {
    // What never ran is no function: a request to the management of a node, or a path that leads nowhere.
    const fns = this.#fns.newestFirst().filter(({ runMs }) => runMs !== undefined);
    return homesOn(node, this.#nodes.present, fns, limit);
  }

  #takeChanged(): FnLoad[] {
    const nowMs = wholeMs(this.#clock.monotonicNs());
    return this.#changed.take().map((place) => loadOf(place, nowMs));
  }

  #learn(loads: readonly FnLoad[]): void {
    const nowMs = wholeMs(this.#clock.monotonicNs());
    for (const { fn: key, node, servedMsAgo, runMs, parallel } of loads) {
      if (servedMsAgo === undefined) continue;
      const fn = this.#fns.use(key, nowMs);
      const place = fn.openPlaceOn(this.#nodes.get(node));
      const servedMs = nowMs - Math.round(servedMsAgo);
      if (servedMs <= place.servedMs) continue;
      place.servedMs = servedMs;
      place.heard(Math.max(place.quietSinceMs, servedMs));
      if (runMs === undefined || parallel === undefined) continue;
      place.adopt(parallel, runMs);
      if (fn.runMs === undefined) fn.learnRun(runMs);
    }
  }

  /** The place that a call goes to; undefined when all nodes were tried. */
  #choose(fn: WarmFn, tried: readonly string[], nowMs: number): Place | undefined {
    const { present, version } = this.#nodes;
    const home = fn.home(present, version);
    if (home === undefined || tried.length > 0) return this.#search(fn, tried, nowMs)?.place;
    if (home.isHot(nowMs) && isIdeal(home.expectedMs(nowMs, 0), fn)) return home;
    const found = this.#search(fn, tried, nowMs);
    return found && isScoutDue(home, found, nowMs) ? home : found?.place;
  }

  /** The first place in the function's order that is expected to answer about as soon as any. */
  #search(fn: WarmFn, tried: readonly string[], nowMs: number): Found | undefined {
    const soonestMs = this.#soonestMs(fn, tried, nowMs);
    let full: Place | undefined;
    for (const place of fn.places) {
      if (tried.includes(place.node.name)) continue;
      const isHot = place.isHot(nowMs);
      const ms = this.#expectedMs(place, isHot, nowMs);
      if (!isWorthLeaving(ms, soonestMs)) {
        // Only where calls pass a node for another that is hot does it matter whether it could have taken them.
        return { place: full && isHot && full.isProbeDue() ? full : place, ms };
      }
      if (isHot && place.isFull(nowMs)) full ??= place;
    }
    return undefined;
  }

  /** How soon any node is expected to answer; knows more of the function's order when that is needed. */
  #soonestMs(fn: WarmFn, tried: readonly string[], nowMs: number): number {
    const { present } = this.#nodes;
    let soonestMs = Number.POSITIVE_INFINITY;
    let hasFresh = false;
    for (let rank = 0; rank < present.length; rank++) {
      // Further nodes are cold at best: they are looked at only when all of those known have calls.
      if (rank === fn.places.length) {
        if (hasFresh) break;
        fn.widen(present);
      }
      const place = fn.places[rank];
      if (place === undefined || tried.includes(place.node.name)) continue;
      const isHot = place.isHot(nowMs);
      soonestMs = Math.min(soonestMs, this.#expectedMs(place, isHot, nowMs));
      if (isIdeal(soonestMs, fn)) break;
      hasFresh ||= !isHot && place.outstanding === 0;
    }
    return soonestMs;
  }

  #expectedMs(place: Place, isHot: boolean, nowMs: number): number {
    return place.expectedMs(nowMs, isHot ? 0 : (place.fn.coldMs ?? this.#coldMs));
  }

  #addOthers(key: string, node: string, change: number): void {
    const fn = this.#fns.use(key, wholeMs(this.#clock.monotonicNs()));
    const place = fn.openPlaceOn(this.#nodes.get(node));
    place.others = Math.max(0, place.others + change);
  }
}

/** A place, and when it is expected to answer. */
interface Found {
  readonly place: Place;
  readonly ms: number;
}

/** Whether no other node can be worth leaving for: not one that is hot and has nothing else to do. */
function isIdeal(ms: number, fn: WarmFn): boolean {
  return !isWorthLeaving(ms, fn.runMs ?? RUN_MS_FIRST);
}

/**
 * Whether a call should go ahead to the home where the function is hot elsewhere only: since its home came back, or was
 * slow and not asked for a while. One at a time pays for the start; when it was served, the others follow.
 */
function isScoutDue(home: Place, found: Found, nowMs: number): boolean {
  if (home.outstanding > 0 || home.isHot(nowMs) || nowMs - home.quietSinceMs < SCOUT_MS) return false;
  return !isWorthLeaving(home.expectedMs(nowMs, 0), found.ms);
}

class WarmPlacing implements Placing {
  readonly placedNs: number;
  readonly wasHot: boolean;
  /** Calls of the function that were there, with this one. */
  readonly outstanding: number;
  readonly #policy: Warm;
  readonly #place: Place;
  /** Whether anything came, and whether it came from the function. */
  isAnswered = false;
  wasServed = false;
  #isOver = false;

  constructor(policy: Warm, place: Place, placedNs: number, wasHot: boolean) {
    this.#policy = policy;
    this.#place = place;
    this.placedNs = placedNs;
    this.wasHot = wasHot;
    this.outstanding = place.outstanding;
  }

  get node(): string {
    return this.#place.node.name;
  }

  answered(waitNs: number | undefined): void {
    if (this.isAnswered || this.#isOver) return;
    this.isAnswered = true;
    this.wasServed = waitNs !== undefined;
    this.#policy.answered(this.#place, this, waitNs);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#policy.ended(this.#place, this);
  }
}

function loadOf(place: Place, nowMs: number): FnLoad {
  const { fn, node, own, servedMs, runMs, parallel } = place;
  const load = { fn: fn.key, node: node.name, outstanding: own };
  if (servedMs < 0) return load;
  const served = { ...load, servedMsAgo: nowMs - servedMs };
  return runMs === undefined ? served : { ...served, runMs, parallel };
}

/** Whole ones: see `Place`. */
function wholeMs(ns: number): number {
  return Math.trunc(ns / 1e6);
}
