import { callFlags } from "./call-flags.ts";
import { dockerFlags } from "./docker-flags.ts";
import { nodeFlags } from "./node-flags.ts";
import { securityFlags } from "./security-flags.ts";

/** What a node can be told. */
export const nodeProgram = {
  name: "fnserver",
  summary: "One functions node: the HTTP API, the agent and its containers.",
  flags: { ...nodeFlags, ...callFlags, ...securityFlags, ...dockerFlags },
};
