/** What a balancer that fnlb is compared with is told. */
export interface PeerSettings {
  /** For its files. */
  readonly dir: string;
  /** Where it listens on loopback. */
  readonly port: number;
  /** `host:port` of each. */
  readonly nodes: readonly string[];
}
