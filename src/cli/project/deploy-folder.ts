/** Deployments without images: the node runs a copy of the function's folder. */
import { access, constants } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { NodeInfo } from "../api/api-client.ts";
import { CommandError } from "../common/io.ts";
import type { DeployChoice, Deployment } from "./deploy.ts";
import { reportBegin, reportDone, reportUpToDate } from "./deploy-report.ts";
import { contentHash, copiesFolder, placeCopy, removeOldCopies } from "./folder-copy.ts";
import { isThere } from "./is-there.ts";
import { deployedName, makePlan } from "./plan.ts";
import type { Project } from "./project.ts";
import { bumped, VERSION_FIRST } from "./version.ts";

/** Whether a function is deployed as a folder: where there are no images, and with `--local` whatever Node alone can run. */
export async function isForFolder(
  { file, settings }: Project,
  { driver, functionsRoot }: NodeInfo,
  { local }: DeployChoice,
): Promise<boolean> {
  if (driver === "process") return true;
  if (!local || functionsRoot === undefined || (await isThere(join(file.folder, "Dockerfile")))) return false;
  return settings.runtime === "node" || settings.runtime === "typescript";
}

/**
 * Copies the folder, then has the server run the copy, with one request. Killed at any moment, it leaves what was deployed
 * before. Content and settings that are deployed already are left alone.
 */
export async function deployFolder(deployment: Deployment, node: NodeInfo): Promise<void> {
  const { api, app, project, options, tools } = deployment;
  const root = await reachableRoot(api.server, node);
  const name = deployedName(project);
  const copies = copiesFolder(app, name);
  const hash = await contentHash(project.file);
  const plan = await makePlan(api, app, project, `dir:${join(copies, hash)}`);
  const isUpToDate = plan.changes.length === 0;
  if (!isUpToDate) reportBegin(deployment, plan);
  const { version: before } = project.settings;
  const version = options.bump && !isUpToDate ? bumped(before) : (before ?? VERSION_FIRST);
  const nowMs = tools.io.clock.nowMs();
  await placeCopy({ file: project.file, version, hash, copies: join(root, copies), nowMs });
  if (isUpToDate) return reportUpToDate(deployment, plan);

  await plan.apply();
  if (version !== before && options.bump) await project.file.saveVersion(version);
  await removeOldCopies(join(root, copies), nowMs);
  reportDone(deployment, plan, version);
}

async function reachableRoot(server: URL, { functionsRoot }: NodeInfo): Promise<string> {
  const elsewhere = "Give it an image instead: build it where Docker is, and push it to a registry";
  if (functionsRoot === undefined)
    throw new CommandError(`the node at ${server.host} runs no folders. ${elsewhere}`);
  if (!isOfThisMachine(server.hostname)) {
    throw new CommandError(
      `the node at ${server.host} is another machine, so the folder cannot be copied to it. ${elsewhere}`,
    );
  }
  await access(functionsRoot, constants.W_OK).catch(() => {
    throw new CommandError(
      `the node's functions folder, ${functionsRoot}, cannot be written to from here. ${elsewhere}`,
    );
  });
  return functionsRoot;
}

function isOfThisMachine(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return address === "localhost" || /^127\./.test(address) || own.some((each) => each.address === address);
}
