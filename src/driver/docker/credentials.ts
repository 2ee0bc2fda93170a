import type { Logger } from "pino";
import { canonicalHost } from "./reference.ts";

/** How to log in to registries, by their host (`canonicalHost`). */
export type Credentials = ReadonlyMap<string, RegistryLogin>;

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  /** As the config names it. */
  readonly serveraddress: string;
}

/**
 * Reads the `auths` of a Docker config file (config.json). Hosts are compared whole: what is stored for example.com is
 * never sent to registry.example.com, or to another port. Credential helpers are not asked. Entries that cannot be
 * read are left out, with a warning.
 */
export function parseCredentials(dockerConfig: string, log: Logger): Credentials {
  const credentials = new Map<string, RegistryLogin>();
  const auths = propertyOf(parse(dockerConfig), "auths");
  if (typeof auths !== "object" || auths === null) {
    log.warn("the Docker config has no 'auths'; images of private registries cannot be pulled");
    return credentials;
  }
  for (const [address, entry] of Object.entries(auths)) {
    const login = loginOf(entry);
    if (login) credentials.set(canonicalHost(address), { ...login, serveraddress: address });
    else log.warn({ registry: address }, "the Docker config has no user and password for a registry");
  }
  return credentials;
}

function loginOf(entry: unknown): Omit<RegistryLogin, "serveraddress"> | undefined {
  const [username, password] = [propertyOf(entry, "username"), propertyOf(entry, "password")];
  if (typeof username === "string" && typeof password === "string") return { username, password };
  const auth = propertyOf(entry, "auth");
  if (typeof auth !== "string") return undefined;
  const login = Buffer.from(auth, "base64").toString();
  const colon = login.indexOf(":");
  return colon < 1 ? undefined : { username: login.slice(0, colon), password: login.slice(colon + 1) };
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
