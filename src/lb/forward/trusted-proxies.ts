import { BlockList, isIP } from "node:net";

/** Addresses of this machine: what connects from here was let in by whoever runs it. */
export const LOOPBACK: readonly string[] = ["127.0.0.0/8", "::1"];

/** The proxies that are believed when they say where a request came from. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** Addresses, or networks such as `10.0.0.0/8`. Throws for what is neither. */
  constructor(networks: readonly string[] = LOOPBACK) {
    for (const network of networks) this.#add(network);
  }

  /** Of an address as `plainAddress` gives it. */
  has(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? "ipv6" : "ipv4");
  }

  #add(network: string): void {
    const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
    const family = isIP(address);
    const bitsMax = family === 6 ? 128 : 32;
    if (family === 0 || Number(bits ?? 0) > bitsMax)
      throw new Error(`${network} is no address and no network`);
    this.#list.addSubnet(
      address,
      bits === undefined ? bitsMax : Number(bits),
      family === 6 ? "ipv6" : "ipv4",
    );
  }
}
