/** What a deployment says. */
import { callUrl } from "../api/server-url.ts";
import type { Deployment } from "./deploy.ts";
import { fnName, isRoute, type Plan } from "./plan.ts";

/** There is nothing to do. */
export function reportUpToDate({ tools, app, options }: Deployment, { title }: Plan): void {
  if (!options.quiet) tools.print(`${title} of app ${app} is up to date`);
}

/** Before anything is done: what will be different. */
export function reportBegin({ tools, app }: Deployment, { title, changes, kept }: Plan): void {
  tools.print(`Deploying ${title} to app ${app}`);
  for (const change of [...changes, ...kept]) tools.print(`  ${change}`);
}

/** Where it is called now. */
export function reportDone(
  { tools, api, app, project, options }: Deployment,
  plan: Plan,
  version: string,
): void {
  const what = options.bump ? `Deployed version ${version}` : "Deployed";
  const urls = plan.paths.map((path) => ` ${callUrl(api.server, app, path)}`);
  tools.print(`${what}:${urls.join("")}`);
  if (options.watch) return;
  tools.note(
    isRoute(project.settings) ? `  fn call ${app} ${project.path}` : `  fn invoke ${app} ${fnName(project)}`,
  );
}
