/**
 * Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998): every function
 * has its own order of all nodes, from their names alone. Balancers with the same list agree on it, a node that leaves
 * takes only its own functions along, and one that comes takes an equal share from each of the others.
 */
export interface Rankable {
  /** `hashOf` its name. */
  readonly hash: number;
  /** Its share of the functions compared with other nodes; above 0. */
  readonly weight: number;
}

/** 32 bits from a text: FNV-1a, mixed. Signed, since small integers of JavaScript are. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** The first `count` nodes in the order of a function, nearest first. Of two that are as near, the earlier in the list. */
export function nearest<T extends Rankable>(fnHash: number, nodes: readonly T[], count: number): T[] {
  const found: T[] = [];
  const distances: number[] = [];
  for (const node of nodes) {
    const fraction = fractionOf(fnHash, node);
    const farthest = found.length < count ? Number.POSITIVE_INFINITY : (distances[count - 1] ?? 0);
    // 1 - x is at most -ln x, and much cheaper: nearly all nodes are ruled out by it.
    if ((1 - fraction) / node.weight >= farthest) continue;
    const distance = -Math.log(fraction) / node.weight;
    if (distance >= farthest) continue;
    let at = Math.min(found.length, count - 1);
    for (; at > 0 && distance < (distances[at - 1] ?? 0); at--) {
      found[at] = found[at - 1] ?? node;
      distances[at] = distances[at - 1] ?? 0;
    }
    found[at] = node;
    distances[at] = distance;
  }
  return found;
}

/** Whether a node is nearer to a function than all these. */
export function isNearest(fnHash: number, node: Rankable, others: Iterable<Rankable>): boolean {
  const distance = distanceOf(fnHash, node);
  for (const other of others) if (distanceOf(fnHash, other) < distance) return false;
  return true;
}

/**
 * How far a node is from a function: -ln(x) / weight for an even x in (0, 1), the exponential form of weighted
 * rendezvous hashing. The least of several is each with a probability in proportion to its weight.
 */
function distanceOf(fnHash: number, node: Rankable): number {
  return -Math.log(fractionOf(fnHash, node)) / node.weight;
}

function fractionOf(fnHash: number, { hash }: Rankable): number {
  return ((mix(fnHash ^ hash) >>> 0) + 0.5) / 2 ** 32;
}

/** The finalizer of MurmurHash3: each bit of the result depends on each bit given. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
