import type Docker from "dockerode";
import { reasonOf, statusOf } from "./engine.ts";
import { type Backoff, backOff } from "./retry.ts";

/** The network that every anchor of this engine is in, whichever node made it. */
const NAME = "hotfn";

/**
 * An engine lets two networks have one name when they are made at the same moment, but it never lets two have one
 * bridge; so this name makes sure that all nodes share one network. The kernel takes up to 15 characters.
 */
const BRIDGE = "hotfn0";

const LABEL = "hotfn.network";

const OPTIONS = {
  "com.docker.network.bridge.name": BRIDGE,
  // Anchors reach the outside, but not each other: that is what keeps apps apart.
  "com.docker.network.bridge.enable_icc": "false",
};

/** With the delays between them, a second or two: another node is making it meanwhile, which takes a tenth of that. */
const TRIES_MAX = 8;

/** The network's id; made when it is missing. Throws what the engine says when it cannot be made. */
export async function ensureAnchorNetwork(engine: Docker, backoff: Backoff): Promise<string> {
  for (let tries = 1; ; tries++) {
    const known = await find(engine);
    if (known !== undefined) return known;
    try {
      return await make(engine);
    } catch (error) {
      if (!isTaken(error) || tries === TRIES_MAX) throw error;
      await backOff(backoff, tries);
    }
  }
}

async function find(engine: Docker): Promise<string | undefined> {
  const networks = await engine.listNetworks({ filters: { label: [LABEL] } });
  return networks.find(({ Name }) => Name === NAME)?.Id;
}

async function make(engine: Docker): Promise<string> {
  const network = await engine.createNetwork({
    Name: NAME,
    CheckDuplicate: true,
    Driver: "bridge",
    Options: OPTIONS,
    Labels: { [LABEL]: NAME },
  });
  return network.id;
}

/** Another node has it, or is about to. */
function isTaken(error: unknown): boolean {
  return statusOf(error) !== undefined && /already exists|same bridge name/i.test(reasonOf(error));
}
