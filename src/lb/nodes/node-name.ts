import { isIPv6 } from "node:net";
import { FnError } from "../../model/errors.ts";

/** `name:port`, `1.2.3.4:port` or `[v6]:port`, and nothing that a URL would read as something else. */
export function isNodeName(text: string): boolean {
  const [, v6, host, port] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]{1,253})):([1-9]\d{0,4})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65535) return false;
  if (v6 !== undefined) return isIPv6(v6);
  return host !== undefined && !/^[.-]|\.\./.test(host) && URL.canParse(`http://${text}`);
}

/** Throws `node_name_invalid`, and `node_missing` for what is no text at all. */
export function checkNodeName(name: unknown): asserts name is string {
  if (typeof name !== "string") throw new FnError("node_missing");
  if (!isNodeName(name)) throw new FnError("node_name_invalid", { node: name });
}

/** The order of nodes wherever one shows, by the bytes of their names: the same for every balancer. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
