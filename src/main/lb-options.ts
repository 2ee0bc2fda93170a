/** From settings to what the parts of the balancer are made of: reads certificates, opens the source of the nodes. */
import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Clock } from "../clock/clock.ts";
import type { LiveOptions } from "../lb/balancer.ts";
import { DnsSource } from "../lb/nodes/dns-source.ts";
import { FileSource } from "../lb/nodes/file-source.ts";
import { mergeSources } from "../lb/nodes/merged-source.ts";
import type { NodeSource } from "../lb/nodes/source.ts";
import { TableSource } from "../lb/nodes/table-source.ts";
import { ToldSource } from "../lb/nodes/told-source.ts";
import type { WorkerLink } from "../lb/workers/link.ts";
import { openStore } from "../store/open-store.ts";
import type { LbSettings } from "./lb-settings.ts";

/** What a balancer can be told anew. Throws the system's error for a certificate that cannot be read. */
export function liveOptionsOf(settings: LbSettings): LiveOptions {
  const { health, timeouts, limits, trustedProxies, tls } = settings;
  return {
    health,
    timeouts,
    trustedProxies,
    connectionsMax: limits.connectionsMax,
    tls: tls && { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) },
  };
}

/** How nodes are spoken to over TLS. */
export function nodeTlsOf({ nodeTls }: LbSettings): { readonly ca: string | undefined } | undefined {
  return nodeTls && { ca: nodeTls.caFile === undefined ? undefined : readFileSync(nodeTls.caFile, "utf8") };
}

export interface OpenSource {
  readonly source: NodeSource;
  /** Other nodes in the settings. Does nothing where these name none. */
  setNames(names: readonly string[]): void;
  /** Lets go of a database, once the source has stopped. */
  close(): Promise<void>;
}

interface SourceParts {
  readonly link: WorkerLink;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The source that the settings name. Rejects when a database cannot be opened. */
export async function openSource(
  settings: LbSettings,
  { link, clock, log }: SourceParts,
): Promise<OpenSource> {
  const { nodes: names, nodeSource, nodesIntervalMs: intervalMs } = settings;
  const nothing = { setNames() {}, close: async () => {} };
  switch (nodeSource.kind) {
    case "file":
      return { ...nothing, source: new FileSource({ path: nodeSource.path, clock, log }) };
    case "dns": {
      const resolver = new Resolver();
      const source = new DnsSource({ query: nodeSource.name, intervalMs, resolver, clock, log });
      return { ...nothing, source };
    }
    case "db": {
      const store = await openStore(nodeSource.url);
      const table = new TableSource({ table: store.nodes, intervalMs, clock, log });
      const told = new ToldSource({ names, link, clock });
      return {
        source: mergeSources([table, told]),
        setNames: (next) => told.setNames(next),
        close: () => store.close(),
      };
    }
    case "memory": {
      const source = new ToldSource({ names, link, clock });
      return { ...nothing, source, setNames: (next) => source.setNames(next) };
    }
  }
}
