import { TableEntry } from "./fn-table.ts";
import type { PlacedNode } from "./node-table.ts";
import { nearest } from "./rendezvous.ts";
import {
  agedParallel,
  agedRunMs,
  expectedMs,
  HOT_MS,
  nextLongest,
  nextMean,
  nextParallel,
  PARALLEL_FIRST,
  PROBE_AFTER_CALLS,
  RUN_MS_FIRST,
  slotsOf,
} from "./warm-rule.ts";

/** How many nodes of its order a function knows at first: its home, and those to which it spreads. */
const PLACES_FIRST = 3;

/** Nodes that are away, or far down its order, of which a function knows something: other processes may use them. */
const ABSENT_PLACES_MAX = 16;

/** Before anything that is measured. */
const NEVER_MS = -(2 ** 30);

/**
 * A function on a node. There are hundreds of thousands of these, so all numbers are whole: they take 8 bytes each,
 * where one with a fraction takes 24.
 */
export class Place {
  readonly fn: WarmFn;
  readonly node: PlacedNode;
  /** Calls of this process that are there, and of the others. */
  own = 0;
  others = 0;
  /** When the last call was served there. */
  servedMs = NEVER_MS;
  /** When something was heard last while calls of this process were there, or the first of them went there. */
  quietSinceMs = NEVER_MS;
  #parallelMilli = PARALLEL_FIRST * 1000;
  /** 0 when not known. */
  #runUs = 0;
  /** Calls that went past it, since it was full, after the last one that it got nevertheless. */
  #passed = 0;

  constructor(fn: WarmFn, node: PlacedNode) {
    this.fn = fn;
    this.node = node;
  }

  get outstanding(): number {
    return this.own + this.others;
  }

  get parallel(): number {
    return this.#parallelMilli / 1000;
  }

  /** How long a run takes there, in milliseconds; undefined when not known. */
  get runMs(): number | undefined {
    return this.#runUs === 0 ? undefined : this.#runUs / 1000;
  }

  /** Whether a container is there: it served a call lately, or is at one, and the node was not away since. */
  isHot(nowMs: number): boolean {
    if (this.servedMs < this.node.sinceMs) return false;
    return nowMs - this.servedMs < HOT_MS || this.outstanding > 0;
  }

  /** When a new call would be answered here, in milliseconds from now; `coldMs` is what a start costs if it needs one. */
  expectedMs(nowMs: number, coldMs: number): number {
    const ageMs = nowMs - this.servedMs;
    const usualMs = this.fn.runMs ?? RUN_MS_FIRST;
    return expectedMs({
      outstanding: this.outstanding,
      parallel: agedParallel(this.parallel, ageMs),
      runMs: agedRunMs(this.runMs ?? usualMs, usualMs, ageMs),
      coldMs,
      // Answers to calls of the other processes are not heard here.
      quietMs: this.own === 0 ? 0 : nowMs - this.quietSinceMs,
      longestMs: this.fn.longestMs,
    });
  }

  /** Whether it has exactly as many calls as it can bear, as far as is known. */
  isFull(nowMs: number): boolean {
    return this.outstanding === slotsOf(agedParallel(this.parallel, nowMs - this.servedMs));
  }

  /** A call would go past it, since it is full. Whether this one should go there nevertheless, to see. */
  isProbeDue(): boolean {
    this.#passed++;
    if (this.#passed <= PROBE_AFTER_CALLS) return false;
    this.#passed = 0;
    return true;
  }

  /** A call of this process goes there. */
  begin(nowMs: number): void {
    if (this.own === 0) this.quietSinceMs = nowMs;
    this.own++;
  }

  /** Something came from there. */
  heard(nowMs: number): void {
    this.quietSinceMs = nowMs;
  }

  /** A call ended without an answer. When nobody else had one since it came, and it waited for long, nothing is hot there. */
  leftUnanswered(placedMs: number, nowMs: number): void {
    const wasStalled = this.quietSinceMs <= placedMs && nowMs - placedMs > this.fn.longestMs;
    if (wasStalled) this.servedMs = NEVER_MS;
  }

  /** A call was served there. What is known has aged until now, and does so from now on. */
  served(nowMs: number): void {
    const ageMs = nowMs - this.servedMs;
    const { runMs } = this;
    if (runMs !== undefined && ageMs > 0) {
      this.adopt(agedParallel(this.parallel, ageMs), agedRunMs(runMs, this.fn.runMs ?? runMs, ageMs));
    }
    this.servedMs = nowMs;
  }

  /** From a call that found the function hot; `outstanding` were there when it came, with itself. */
  learn(outstanding: number, waitMs: number, runMs: number): void {
    const mean = nextMean(this.runMs, runMs);
    const next = nextParallel(this.parallel, outstanding, waitMs, mean);
    // It bears more than was known, and perhaps yet more: no need to wait with the next probe.
    if (slotsOf(next) > slotsOf(this.parallel)) this.#passed = PROBE_AFTER_CALLS;
    this.adopt(next, mean);
  }

  adopt(parallel: number, runMs: number): void {
    this.#parallelMilli = wholeAboveZero(parallel * 1000);
    this.#runUs = wholeAboveZero(runMs * 1000);
  }
}

/** What is known of one function. */
export class WarmFn extends TableEntry<WarmFn> {
  /** The nodes of its order that it knows, nearest first, as of `#version` of the list. Absent ones are kept aside. */
  #places: readonly Place[] = NO_PLACES;
  /** The first of them by itself: most calls go there, and at random from many functions each memory access counts. */
  #home: Place | undefined;
  #absent: readonly Place[] = NO_PLACES;
  #version = -1;
  #runUs = 0;
  #longestUs = 0;
  #coldUs = 0;

  /** How long a run takes, over all nodes; undefined before the first. */
  get runMs(): number | undefined {
    return this.#runUs === 0 ? undefined : this.#runUs / 1000;
  }

  get longestMs(): number {
    return this.#longestUs / 1000;
  }

  /** What a cold start of this function costs; undefined before the first. */
  get coldMs(): number | undefined {
    return this.#coldUs === 0 ? undefined : this.#coldUs / 1000;
  }

  learnRun(runMs: number): void {
    this.#runUs = wholeAboveZero(nextMean(this.runMs, runMs) * 1000);
    this.#longestUs = wholeAboveZero(nextLongest(this.longestMs, runMs) * 1000);
  }

  learnCold(waitMs: number): void {
    this.#coldUs = wholeAboveZero(nextMean(this.coldMs, waitMs) * 1000);
  }

  /** Where it lives; undefined when there are no nodes. All that follows goes by this list, until another one is given. */
  home(nodes: readonly PlacedNode[], version: number): Place | undefined {
    if (this.#version !== version) {
      this.#version = version;
      this.#rank(nodes, PLACES_FIRST);
    }
    return this.#home;
  }

  /** The first nodes of its order. */
  get places(): readonly Place[] {
    return this.#places;
  }

  /** More of its order than it knew: twice as many nodes, as long as there are. */
  widen(nodes: readonly PlacedNode[]): void {
    this.#rank(nodes, this.#places.length * 2);
  }

  /** The place on this node, if it knows one. */
  placeOn(node: PlacedNode): Place | undefined {
    return (
      this.#places.find((place) => place.node === node) ?? this.#absent.find((place) => place.node === node)
    );
  }

  /** The place on this node, whatever its rank. */
  openPlaceOn(node: PlacedNode): Place {
    const known = this.placeOn(node);
    if (known) return known;
    const place = new Place(this, node);
    this.#absent = [place, ...this.#absent].slice(0, ABSENT_PLACES_MAX);
    return place;
  }

  #rank(nodes: readonly PlacedNode[], count: number): void {
    const places = nearest(this.hash, nodes, count).map(
      (node) => this.placeOn(node) ?? new Place(this, node),
    );
    const left = [...this.#places, ...this.#absent].filter(
      (place) => !places.includes(place) && (place.outstanding > 0 || place.servedMs > NEVER_MS),
    );
    this.#absent = left.length === 0 ? NO_PLACES : left.slice(0, ABSENT_PLACES_MAX);
    this.#places = places;
    this.#home = places[0];
  }
}

const NO_PLACES: readonly Place[] = [];

function wholeAboveZero(value: number): number {
  return Math.max(1, Math.round(value));
}
