/** Who is at the other end of a client's connection. */
export interface Peer {
  /** Without a port, and IPv4 as such. */
  readonly address: string;
  readonly proto: "http" | "https";
  /** Whether it is believed when it says whom it speaks for. */
  readonly isTrusted: boolean;
}
