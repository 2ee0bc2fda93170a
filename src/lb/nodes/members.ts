import type { Clock } from "../../clock/clock.ts";
import type { Candidate } from "../placement/policy.ts";
import {
  afterCheck,
  afterRequest,
  type CheckResult,
  FAILED_REQUESTS_MAX,
  type Health,
  type NodeState,
  type RequestResult,
  type Thresholds,
  UNKNOWN,
} from "./health.ts";
import { byName, checkNodeName } from "./node-name.ts";
import type { ListedNode } from "./source.ts";

/** State changes of a node that are kept: enough to see a pattern, and no more than a page. */
const HISTORY_MAX = 20;

export interface MembersOptions {
  readonly thresholds: Thresholds;
  readonly onAdd: (node: string) => void;
  readonly onRemove: (node: string) => void;
  /** Told when a node's state changes. */
  readonly onMove: (node: string, state: NodeState, reason: string) => void;
  /** Told when other nodes can take requests than before, or with another weight. */
  readonly onCandidates?: (candidates: readonly Candidate[]) => void;
  readonly clock: Clock;
}

/** A node as the management shows it. */
export interface NodeView extends Candidate {
  readonly state: NodeState;
  /** Whoever said so; a node that cannot be reached may drain, too. */
  readonly isDraining: boolean;
  /** Since when it has been in this state, in Unix milliseconds; undefined before its first check. */
  readonly sinceMs: number | undefined;
  /** Why it was last taken for unhealthy. */
  readonly reason: string | undefined;
  /** Oldest first. */
  readonly history: readonly StateChange[];
}

export interface StateChange {
  readonly state: NodeState;
  /** In Unix milliseconds. */
  readonly atMs: number;
  /** For people. */
  readonly reason: string;
}

/**
 * The list of nodes and what is known of each: the one owner of both, so that a node's health goes with its entry.
 * Names are `host:port`, and sorted by their bytes wherever an order shows.
 */
export class Members {
  readonly #options: MembersOptions;
  readonly #clock: Clock;
  readonly #nodes = new Map<string, Member>();
  #candidates: readonly Candidate[] = [];

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /**
   * Makes the list this one: nodes that are missing in it are removed, new ones added, and of the others weight and
   * draining are taken over. A new node gets no request before its first check has passed; the requests of one that is
   * removed are left to end. Throws `node_name_invalid`, and changes nothing then.
   */
  replace(nodes: readonly ListedNode[]): void {
    for (const { name } of nodes) checkNodeName(name);
    const names = new Set(nodes.map(({ name }) => name));
    for (const name of [...this.#nodes.keys()]) if (!names.has(name)) this.#remove(name);
    for (const node of nodes) this.#put(node);
    this.#refresh();
  }

  /**
   * Has a node drain, or lets it take requests again, whatever the list says. False when there is no such node. This is
   * known to this balancer only, and forgotten with the node.
   */
  setDraining(name: string, isDraining: boolean): boolean {
    const member = this.#nodes.get(name);
    if (!member) return false;
    member.isToldToDrain = isDraining;
    this.#settle(member, isDraining ? "it was told to drain" : "it was told to take requests again");
    return true;
  }

  /** Takes in what a check has shown, and why it failed. */
  apply(name: string, result: CheckResult, failure?: string): void {
    const member = this.#nodes.get(name);
    if (!member) return;
    member.health = afterCheck(member.health, result, this.#options.thresholds);
    if (result.passed && result.isDraining !== undefined) {
      if (result.isDraining) member.saidDrainingAtNs = this.#clock.monotonicNs();
      else if (isSaid(member) && result.beganNs > member.saidDrainingAtNs) {
        member.saidDrainingAtNs = NEVER_NS;
        member.servesSinceNs = result.beganNs;
      }
    }
    const says = result.isDraining ? SAYS_DRAINING : "its health check passed";
    this.#settle(member, result.passed ? says : (failure ?? "its health check failed"));
  }

  /** Takes in how a request to it ended. */
  onOutcome(name: string, result: RequestResult): void {
    const member = this.#nodes.get(name);
    if (!member) return;
    const health = afterRequest(member.health, result, this.#isLastCandidate(member));
    // A word of a process that is gone means nothing, when another serves in its place already.
    const sinceNs = Math.max(member.servesSinceNs, member.health.sinceNs);
    const drains = result.isDraining === true && result.beganNs >= sinceNs;
    // Nearly every request: nothing changes.
    if (health === member.health && !drains) return;
    member.health = health;
    if (drains) member.saidDrainingAtNs = this.#clock.monotonicNs();
    const cause = result.cause ? `: ${result.cause.message}` : "";
    this.#settle(member, drains ? SAYS_DRAINING : REASONS[result.kind] + cause);
  }

  /** What the list says of a node; undefined when there is none of that name. */
  listed(name: string): ListedNode | undefined {
    return this.#nodes.get(name)?.listed;
  }

  /** The nodes that can take requests, by name; the same array until something changes. */
  candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  /** All nodes with what is known of them, by name. */
  views(): NodeView[] {
    return [...this.#nodes.values()].map(viewOf).sort(byName);
  }

  #put(listed: ListedNode): void {
    const member = this.#nodes.get(listed.name);
    if (member) {
      member.listed = listed;
      this.#settle(
        member,
        listed.isDraining ? "the list says that it drains" : "the list says that it takes requests",
      );
      return;
    }
    const atMs = this.#clock.nowMs();
    this.#nodes.set(listed.name, {
      listed,
      health: UNKNOWN,
      isToldToDrain: undefined,
      saidDrainingAtNs: NEVER_NS,
      servesSinceNs: NEVER_NS,
      state: "unknown",
      history: [{ state: "unknown", atMs, reason: "it was added" }],
    });
    this.#options.onAdd(listed.name);
  }

  #remove(name: string): void {
    this.#nodes.delete(name);
    this.#options.onRemove(name);
  }

  #isLastCandidate({ listed: { name } }: Member): boolean {
    return this.#candidates.length === 1 && this.#candidates[0]?.name === name;
  }

  /** Draws the conclusion from what is now known of a node. */
  #settle(member: Member, reason: string): void {
    const state = stateOf(member);
    if (state === member.state) return;
    member.state = state;
    member.history.push({ state, atMs: this.#clock.nowMs(), reason });
    if (member.history.length > HISTORY_MAX) member.history.shift();
    this.#refresh();
    this.#options.onMove(member.listed.name, state, reason);
  }

  #refresh(): void {
    const candidates = [...this.#nodes.values()]
      .filter(({ state }) => state === "healthy")
      .map(({ listed: { name, weight } }) => ({ name, weight }))
      .sort(byName);
    if (isSameList(candidates, this.#candidates)) return;
    this.#candidates = candidates;
    this.#options.onCandidates?.(candidates);
  }
}

interface Member {
  listed: ListedNode;
  health: Health;
  /** By the management, which then wins over the list. */
  isToldToDrain: boolean | undefined;
  /** When it said last that it is going down, in monotonic nanoseconds, unless a later check took that back. */
  saidDrainingAtNs: number;
  /** When the check began that took it back last. */
  servesSinceNs: number;
  state: NodeState;
  readonly history: StateChange[];
}

const NEVER_NS = Number.NEGATIVE_INFINITY;

const SAYS_DRAINING = "it says that it is going down";

const REASONS: Readonly<Record<RequestResult["kind"], string>> = {
  ok: "it answered",
  unreachable: "no connection could be made",
  broken: `${FAILED_REQUESTS_MAX} requests in a row had no answer; the last one's connection broke`,
  late: `${FAILED_REQUESTS_MAX} requests in a row had no answer; the last one's time was over`,
};

/** A node that cannot be reached is that first of all. */
function stateOf(member: Member): NodeState {
  const { state } = member.health;
  return state === "healthy" && isDraining(member) ? "draining" : state;
}

function isDraining(member: Member): boolean {
  return (member.isToldToDrain ?? member.listed.isDraining) || isSaid(member);
}

/** Whether its own last word is that it is going down. */
function isSaid(member: Member): boolean {
  return member.saidDrainingAtNs > NEVER_NS;
}

function viewOf(member: Member): NodeView {
  const { listed, state, history } = member;
  return {
    name: listed.name,
    weight: listed.weight,
    state,
    isDraining: isDraining(member),
    sinceMs: state === "unknown" ? undefined : history.at(-1)?.atMs,
    reason: history.findLast((change) => change.state === "unhealthy")?.reason,
    history: [...history],
  };
}

function isSameList(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  return (
    a.length === b.length && a.every(({ name, weight }, i) => b[i]?.name === name && b[i].weight === weight)
  );
}
