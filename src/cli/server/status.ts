import type { Command } from "commander";
import { ApiClient } from "../api/api-client.ts";
import { EVERYTHING } from "../api/json-api.ts";
import { addOptions, examples, type OutputChoice, outputOptions } from "../common/options.ts";
import { table, toSortedJson } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";
import { readSettings } from "../context/settings.ts";
import { type Run, RunFile, type RunMember } from "./run-file.ts";

/** What does not answer within this is shown as not answering. */
const ANSWER_MS = 3000;
const NO_ANSWER = "no answer";

/** `fn status` */
export function defineStatus(command: Command, tools: Tools): void {
  addOptions(command, outputOptions())
    .addHelpText("after", examples("fn status", "fn status --json"))
    .action((options: OutputChoice) => showStatus(tools, options));
}

async function showStatus({ io, flags, print }: Tools, { output }: OutputChoice): Promise<void> {
  const run = new RunFile(io.env).read();
  const isJson = output === "json";
  if (!run) return print(isJson ? toSortedJson({ is_running: false }) : NOTHING);
  if (run.address === "")
    return print(isJson ? toSortedJson(beginning(run)) : `It is starting (process ${run.pid}).`);

  const { token } = await readSettings({ ...flags, apiUrl: `http://${run.address}` }, io.env);
  const status = await statusOf(run, token);
  print(isJson ? toSortedJson(status) : describe(status));
}

const NOTHING = "Nothing runs that 'fn start' has started.";

function beginning({ pid, since, version }: Run) {
  return { is_running: true, is_ready: false, pid, since, version };
}

interface Status {
  readonly is_running: boolean;
  /** False until all of it has started. */
  readonly is_ready: boolean;
  readonly url: string;
  readonly pid: number;
  readonly since: string;
  readonly version: string;
  /** `null`: nobody says. */
  readonly driver: string | null;
  readonly apps: number | null;
  readonly fns: number | null;
  readonly data: string;
  readonly programs: readonly ProgramStatus[];
}

interface ProgramStatus {
  readonly name: string;
  readonly address: string;
  readonly pid: number;
  /** `ready`, `not ready`, `no answer`. */
  readonly health: string;
  /** What the balancer makes of a node. */
  readonly in_balancer: string | null;
}

async function statusOf(
  { address, pid, since, version, dataDir, ...run }: Run,
  token: string | undefined,
): Promise<Status> {
  const programs = await programsOf(run, token);
  // Any node knows what all of them have, and one that has just answered does not keep anybody waiting.
  const node = programs.find(({ name, health }) => health === "ready" && name !== run.balancer?.title);
  const api = node && apiAt(node, token);
  const counts = api ? await orNull(count(api)) : null;
  return {
    is_running: true,
    is_ready: true,
    url: `http://${address}`,
    pid,
    since,
    version,
    driver: api ? await orNull(api.nodeInfo().then((info) => info.driver)) : null,
    apps: counts?.apps ?? null,
    fns: counts?.fns ?? null,
    data: dataDir,
    programs,
  };
}

function apiAt({ address }: { readonly address: string }, token: string | undefined): ApiClient {
  return new ApiClient(new URL(`http://${address}/`), token);
}

async function count({ apps, fns }: ApiClient): Promise<{ apps: number; fns: number }> {
  const { items } = await apps.list(EVERYTHING);
  let fnCount = 0;
  for (const app of items) fnCount += (await fns.list(app.id, EVERYTHING)).items.length;
  return { apps: items.length, fns: fnCount };
}

async function programsOf(
  { nodes, balancer }: Pick<Run, "nodes" | "balancer">,
  token: string | undefined,
): Promise<ProgramStatus[]> {
  const ofBalancer = balancer ? [await programStatus(balancer, "/1/lb/ready", null)] : [];
  const answers = balancer && ofBalancer.every(({ health }) => health !== NO_ANSWER);
  const known = answers ? await orNull(apiAt(balancer, token).balancer.nodes()) : null;
  const ofNodes = nodes.map((node) => {
    const state = known?.[node.address]?.state;
    return programStatus(node, "/health/ready", typeof state === "string" ? state : null);
  });
  return [...ofBalancer, ...(await Promise.all(ofNodes))];
}

async function programStatus(
  { title, address, pid }: RunMember,
  readyPath: string,
  in_balancer: string | null,
): Promise<ProgramStatus> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await orNull(fetch(`http://${address}${readyPath}`, { signal }));
  // Read to its end, so that the connection does not keep this process waiting.
  await answer?.text();
  const health = answer === null ? NO_ANSWER : answer.ok ? "ready" : "not ready";
  return { name: title, address, pid, health, in_balancer };
}

/** For what is worth showing, but not failing for. */
async function orNull<T>(value: Promise<T>): Promise<T | null> {
  return await value.catch(() => null);
}

function describe(status: Status): string {
  const { url, driver, apps, fns, data, version, since, pid, programs } = status;
  const isBalanced = programs.some(({ in_balancer }) => in_balancer !== null);
  const head = ["PROGRAM", "ADDRESS", "PID", "HEALTH", ...(isBalanced ? ["IN BALANCER"] : [])];
  return [
    table([
      ["server", url],
      ["version", version],
      ["driver", driver ?? "unknown"],
      ["apps", countText(apps)],
      ["functions", countText(fns)],
      ["data", data],
      ["since", `${since} (process ${pid})`],
    ]),
    "",
    table([head, ...programs.map((program) => cells(program))]),
  ].join("\n");
}

function countText(count: number | null): string {
  return count === null ? "unknown (is FN_TOKEN needed?)" : String(count);
}

function cells({ name, address, pid, health, in_balancer }: ProgramStatus): string[] {
  return [name, address, String(pid), health, in_balancer ?? ""];
}
