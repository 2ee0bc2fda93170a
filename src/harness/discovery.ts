import { nodeNameOf } from "./attribution.ts";
import { type HttpClient, NoReplyError } from "./http-client.ts";

/** What became of the question who listens at an address. */
export interface Discovery {
  /** `host:port` */
  readonly address: string;
  /** As the node names itself; null when it does not, or did not answer. */
  readonly name: string | null;
  /** Why the node is left out; null when it is not. */
  readonly problem: string | null;
}

/**
 * Calls the function once at each node, past the balancer, to learn the nodes' names. Every node has the image
 * ready after that, so the measurement is of calls and not of downloads.
 */
export function discover(client: HttpClient, nodes: readonly string[], route: string): Promise<Discovery[]> {
  return Promise.all(nodes.map((address) => discoverOne(client, address, route)));
}

/** Addresses by the names found; nodes of the same name cannot be told apart and share an entry. */
export function addressesByName(discoveries: readonly Discovery[]): Map<string, string[]> {
  const addresses = new Map<string, string[]>();
  for (const { name, address } of discoveries) {
    if (name !== null) addresses.set(name, [...(addresses.get(name) ?? []), address]);
  }
  return addresses;
}

/** Little work: only the name is wanted. */
const QUERY = "?max=100&loops=1";

async function discoverOne(client: HttpClient, address: string, route: string): Promise<Discovery> {
  const unnamed = (problem: string): Discovery => ({ address, name: null, problem });
  try {
    const reply = await client.send({ method: "GET", authority: address, path: route + QUERY });
    if (reply.status !== 200) return unnamed(`function returned status code: ${reply.status}`);
    const name = nodeNameOf(reply);
    return name === undefined ? unnamed("the answer names no node") : { address, name, problem: null };
  } catch (error) {
    if (error instanceof NoReplyError) return unnamed(error.message);
    throw error;
  }
}
