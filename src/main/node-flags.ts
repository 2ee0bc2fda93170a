/** Settings of a node that are about neither its containers nor who may use it. */
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { isNodeName } from "../lb/nodes/node-name.ts";
import type { NodeType } from "../server/node.ts";
import { choice, integer, text } from "./flags.ts";
import { DRIVER_CHOICES } from "./open-driver.ts";

const MIB = 1024 * 1024;

export const nodeFlags = {
  port: integer("port to listen on", 8080, { min: 0, max: 65535 }, { env: "FN_PORT" }),
  host: text("address to listen on; default: all, and only this machine with the process driver", "", {
    env: "FN_HOST",
    placeholder: "address",
  }),
  db: text(
    "database: sqlite3:///path/fn.db or postgres://user:password@host:5432/database",
    `sqlite3://${resolve("data", "fn.db")}`,
    { env: "FN_DB_URL", placeholder: "url", shown: "sqlite3://$PWD/data/fn.db" },
  ),
  type: choice<NodeType>(
    "full: everything; api: no functions run here; runner: nothing is managed here",
    "full",
    ["full", "api", "runner"],
    { env: "FN_NODE_TYPE" },
  ),
  driver: choice("what runs containers", "auto", DRIVER_CHOICES, { env: "FN_DRIVER" }),
  "functions-root": text("folder below which dir: images may lie", process.cwd(), {
    env: "FN_FUNCTIONS_ROOT",
    placeholder: "dir",
    shown: "the current folder",
  }),
  "node-name": text("name of this node, unique among nodes; default: host name and port", "", {
    env: "FN_NODE_NAME",
    placeholder: "name",
    parse: parseNodeName,
  }),
  announce: text(
    "address under which balancers with the same database find this node; default: none do",
    "",
    {
      env: "FN_ANNOUNCE",
      placeholder: "host:port",
      parse: parseAnnounced,
    },
  ),
  "public-url": text("how callers reach this node or its balancer; default: the host they name", "", {
    env: "FN_PUBLIC_LB_URL",
    placeholder: "url",
    parse: parsePublicUrl,
  }),
  memory: integer(
    "memory for containers in bytes; 0 for what the machine has",
    0,
    { min: 0, max: Number.MAX_SAFE_INTEGER },
    { env: "FN_MAX_TOTAL_MEMORY_BYTES", placeholder: "bytes" },
  ),
  "max-containers-per-function": integer(
    "containers that one function may have at a time; 0 for as many as fit",
    0,
    { min: 0, max: 100_000 },
    { env: "FN_MAX_CONTAINERS_PER_FUNCTION", placeholder: "containers" },
  ),
  "freeze-idle": integer(
    "how long a container is idle before it is paused, in milliseconds; -1 for never",
    -1,
    { min: -1, max: 3_600_000 },
    { env: "FN_FREEZE_IDLE_MSECS", placeholder: "ms" },
  ),
  "body-max": integer(
    "largest body of a call in bytes",
    100 * MIB,
    { min: 1, max: Number.MAX_SAFE_INTEGER },
    { env: "FN_MAX_REQUEST_SIZE", placeholder: "bytes" },
  ),
  "init-timeout": integer(
    "how long a container may take until it can be called, in milliseconds",
    10_000,
    { min: 1, max: 600_000 },
    { env: "FN_HOT_START_TIMEOUT_MSECS", placeholder: "ms" },
  ),
  "shutdown-timeout": integer(
    "how long running calls may go on after SIGTERM, in seconds",
    130,
    { min: 0, max: 86_400 },
    { env: "FN_SHUTDOWN_TIMEOUT_SECS", placeholder: "seconds" },
  ),
  "iofs-path": text("folder for sockets of functions", join(tmpdir(), `hotfn-${userInfo().uid}`), {
    env: "FN_IOFS_PATH",
    placeholder: "dir",
    shown: "hotfn-UID in the folder for temporary files",
  }),
  "log-level": text("debug, info, warn, error or fatal", "info", {
    env: "FN_LOG_LEVEL",
    placeholder: "level",
  }),
};

/** It is a host name to functions and a header field to callers, so it must be fit for both. */
function parseNodeName(value: string): string {
  if (/^[A-Za-z0-9._-]{0,63}$/.test(value)) return value;
  throw new InvalidArgumentError("Give at most 63 letters, digits, dots, dashes and underscores.");
}

function parseAnnounced(value: string): string {
  if (value === "" || isNodeName(value)) return value;
  throw new InvalidArgumentError("Give host:port, such as 10.0.0.1:8080.");
}

function parsePublicUrl(value: string): string {
  if (value === "" || /^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/.test(value)) return value.replace(/\/$/, "");
  throw new InvalidArgumentError("Give an http or https URL, such as https://fn.example.com.");
}
