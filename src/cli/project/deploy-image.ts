/** Deployments of images: made where an engine is, pushed unless the node has the same engine. */
import type { Deployment } from "./deploy.ts";
import { reportBegin, reportDone, reportUpToDate } from "./deploy-report.ts";
import { contentHash } from "./folder-copy.ts";
import { buildProject, sourceOf } from "./image/build-project.ts";
import { connectEngine } from "./image/engine.ts";
import { checkPushable, imageName } from "./image/image-name.ts";
import { pushImage } from "./image/push-image.ts";
import { makePlan } from "./plan.ts";
import { bumped, VERSION_FIRST } from "./version.ts";

/**
 * Makes and pushes the image, then has the server run it, with one request; the version is saved last. An image of the same
 * content is not made again, and what is deployed already is left alone.
 */
export async function deployImage(deployment: Deployment): Promise<void> {
  const { tools, api, app, project, options } = deployment;
  const { registry } = await tools.settings();
  const { version: before = VERSION_FIRST } = project.settings;
  const imageBefore = imageName(project, before, registry);
  if (!options.local) checkPushable(imageBefore);
  const engine = await connectEngine();
  const isMade = options.cache && (await sourceOf(engine, imageBefore)) === (await contentHash(project.file));
  const version = isMade || !options.bump ? before : bumped(project.settings.version);
  const image = imageName(project, version, registry);
  const plan = await makePlan(api, app, project, image);
  if (isMade && plan.changes.length === 0) return reportUpToDate(deployment, plan);

  reportBegin(deployment, plan);
  if (!isMade) await buildProject(tools, project, options, version);
  if (!options.local) await pushImage(tools, engine, image);
  await plan.apply();
  if (version !== project.settings.version) await project.file.saveVersion(version);
  reportDone(deployment, plan, version);
}
