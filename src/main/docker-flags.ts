/** Settings of the Docker driver: each opens something that is shut by default. Names are Fn's where Fn has one. */
import { HARDENED, type Hardening } from "../driver/docker/create-options.ts";
import { integer, text, toggle } from "./flags.ts";

export const dockerFlags = {
  "docker-network": text(
    "network of function containers: app (those of an app share one), none, bridge, or a name",
    HARDENED.network,
    {
      env: "FN_DOCKER_NETWORKS",
      placeholder: "network",
    },
  ),
  "max-pids": integer(
    "processes and threads of a container; 0 for no limit",
    HARDENED.pidsMax,
    { min: 0, max: 4_194_304 },
    { env: "FN_MAX_PIDS" },
  ),
  "max-open-files": integer(
    "open files of each process in a container",
    HARDENED.openFilesMax,
    { min: 16, max: 1_048_576 },
    { env: "FN_MAX_OPEN_FILES" },
  ),
  "max-tmp": integer(
    "size of a container's /tmp in MiB, part of its memory",
    HARDENED.tmpMib,
    { min: 1, max: 65_536 },
    { env: "FN_MAX_TMPFS_SIZE_MB", placeholder: "MiB" },
  ),
  "disable-readonly-rootfs": toggle("let functions write everywhere in their containers", {
    env: "FN_DISABLE_READONLY_ROOTFS",
  }),
  "disable-unprivileged-containers": toggle(
    "run functions as their image's user, with the engine's privileges",
    {
      env: "FN_DISABLE_UNPRIVILEGED_CONTAINERS",
    },
  ),
};

/** The flags above as the driver takes them. */
export function hardeningOf(settings: {
  readonly "docker-network": string;
  readonly "max-pids": number;
  readonly "max-open-files": number;
  readonly "max-tmp": number;
  readonly "disable-readonly-rootfs": boolean;
  readonly "disable-unprivileged-containers": boolean;
}): Partial<Hardening> {
  return {
    network: settings["docker-network"],
    pidsMax: settings["max-pids"],
    openFilesMax: settings["max-open-files"],
    tmpMib: settings["max-tmp"],
    isRootReadOnly: !settings["disable-readonly-rootfs"],
    ...(settings["disable-unprivileged-containers"] ? { isUnprivileged: false, user: undefined } : {}),
  };
}
