import { createHash } from "node:crypto";
import { FnError } from "../../model/errors.ts";
import { isWeight, WEIGHT_MAX } from "../nodes/listed-nodes.ts";
import type { NodeView } from "../nodes/members.ts";
import { checkNodeName } from "../nodes/node-name.ts";
import { type Command, type CommandInput, json, readObject } from "./command.ts";
import type { Prewarm } from "./prewarm.ts";
import { isOnline, type NodeRegistry } from "./registry.ts";

/** `/1/lb/nodes`: shows the nodes, adds or changes one, takes one out. */
export function nodeCommands(nodes: NodeRegistry, prewarm: Prewarm): Readonly<Record<string, Command>> {
  return {
    GET: ({ query }) => json(200, query.get("verbose") === "1" ? inFull(nodes) : inShort(nodes)),

    /** `{"node", "weight"?, "draining"?, "prewarm"?}`. With `prewarm`, it is warmed first and then let in. */
    async PUT(input) {
      const { node, weight, isDraining, isPrewarmed } = await readChange(input);
      const warmed = isPrewarmed ? await prewarm.beforeEntry(node, weight) : undefined;
      await nodes.put(node, { weight, isDraining });
      return json(200, { msg: "node added", ...warmed });
    },

    async DELETE(input) {
      const { node } = await readObject(input);
      checkNodeName(node);
      await nodes.remove(node);
      return json(200, { msg: "node deleted" });
    },
  };
}

/** What the balancer of Fn shows: `offline` also before the first check, and while a node drains. */
function inShort(nodes: NodeRegistry) {
  const states = nodes.list().map((node) => [node.name, isOnline(node) ? "online" : "offline"]);
  return { nodes: Object.fromEntries(states) };
}

function inFull(nodes: NodeRegistry) {
  const list = nodes.list();
  const details = list.map((node) => {
    const history = node.history.map(({ atMs, ...move }) => ({ at: timeOf(atMs), ...move }));
    return [node.name, { ...detailsOf(nodes, node), history }];
  });
  return { nodes: Object.fromEntries(details), source: nodes.source, version: versionOf(list) };
}

/** What is known of each node at the moment, by name. */
export function nodeDetails(nodes: NodeRegistry): Readonly<Record<string, unknown>> {
  return Object.fromEntries(nodes.list().map((node) => [node.name, detailsOf(nodes, node)]));
}

function detailsOf(nodes: NodeRegistry, { name, state, weight, history }: NodeView) {
  const last = history.at(-1);
  return {
    state,
    draining: state === "draining",
    weight,
    outstanding: nodes.outstandingOf(name),
    since: last && timeOf(last.atMs),
    reason: last?.reason,
  };
}

/** The same for all balancers that have the same list: a short name for it. Health plays no part. */
function versionOf(list: readonly NodeView[]): string {
  const text = list.map(({ name, weight }) => `${name} ${weight}\n`).join("");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

async function readChange(input: CommandInput) {
  const { node, weight, draining, prewarm } = await readObject(input);
  // Before it is stored, since balancers that share the list would all stumble over it.
  checkNodeName(node);
  if (weight !== undefined && !(typeof weight === "number" && isWeight(weight))) {
    throw new FnError("node_weight_invalid", { max: WEIGHT_MAX });
  }
  return {
    node,
    weight,
    isDraining: checkedSwitch("draining", draining),
    isPrewarmed: checkedSwitch("prewarm", prewarm) === true,
  };
}

function checkedSwitch(key: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw new FnError("command_invalid", { reason: `Give '${key}' as true or false` });
}
