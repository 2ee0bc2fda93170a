import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../programs.ts";
import type { PeerSettings } from "./peer.ts";

/**
 * HAProxy as its manual would have it for this work: one thread; a function (a path without its query) always goes to the
 * same node; connections to nodes are kept and shared by clients; X-Forwarded-For; checks as fnlb has them; no log. It starts
 * where it may open fewer files than it would like.
 * Writes its configuration and gives the command that runs it in the foreground.
 */
export function haproxy({ dir, port, nodes }: PeerSettings): Command {
  const file = join(dir, "haproxy.cfg");
  const servers = nodes.map((node, i) => `  server node${i} ${node} check inter 3s`);
  writeFileSync(
    file,
    `global
  nbthread 1
  no strict-limits
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  timeout http-keep-alive 300s
  option http-keep-alive
  http-reuse always
  option forwardfor
frontend traffic
  bind 127.0.0.1:${port} backlog 4096
  default_backend nodes
backend nodes
  balance uri
  hash-type consistent
  option httpchk GET /version
${servers.join("\n")}
`,
  );
  return ["haproxy", "-db", "-q", "-f", file];
}
