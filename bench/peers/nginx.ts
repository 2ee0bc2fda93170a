import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../programs.ts";
import type { PeerSettings } from "./peer.ts";

/** Connections to nodes that are kept: as many as there are clients at most. */
const KEPT_CONNECTIONS = 256;

/**
 * nginx as its manual would have it for this work: one worker; a function (a path without its query) always goes to the
 * same node; connections to nodes are kept; X-Forwarded-For; answers of 64 KiB fit into its buffers, so that none goes
 * through a file; no connection is closed for its number of requests; no log.
 * Writes its configuration and gives the command that runs it in the foreground.
 */
export function nginx({ dir, port, nodes }: PeerSettings): Command {
  const file = join(dir, "nginx.conf");
  const servers = nodes.map((node) => `    server ${node};`);
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `  ${kind}_temp_path ${join(dir, `nginx-${kind}`)};`,
  );
  writeFileSync(
    file,
    `daemon off;
worker_processes 1;
worker_rlimit_nofile 16000;
pid ${join(dir, "nginx.pid")};
error_log stderr error;
events {
  worker_connections 8000;
}
http {
  access_log off;
${folders.join("\n")}
  keepalive_timeout 300s;
  keepalive_requests 1000000000;
  upstream nodes {
    hash $uri consistent;
${servers.join("\n")}
    keepalive ${KEPT_CONNECTIONS};
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_buffers 32 8k;
      proxy_busy_buffers_size 128k;
      proxy_max_temp_file_size 0;
    }
  }
}
`,
  );
  return ["nginx", "-e", "stderr", "-p", dir, "-c", file];
}
