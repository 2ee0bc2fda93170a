/** Docker's hub under one name; it answers to several. */
export const HUB = "docker.io";

const HUB_ALIASES = ["index.docker.io", "registry-1.docker.io", "hub.docker.com"];

/** The host, with its port if one is named, of the registry that an image comes from. Source: distribution/reference. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost ? canonicalHost(first) : HUB;
}

/** The host of a registry as a Docker config names it: bare, or as a URL. */
export function canonicalHost(address: string): string {
  const host = address
    .replace(/^https?:\/\//, "")
    .replace(/\/.*$/, "")
    .toLowerCase();
  return HUB_ALIASES.includes(host) ? HUB : host;
}
