import { join } from "node:path";
import type { Tools } from "../common/tools.ts";
import type { BuildChoice } from "./build-options.ts";
import { isThere } from "./is-there.ts";
import type { Project } from "./project.ts";

/** What a project is run as on this machine: undefined for its folder, else the image that is made for it. */
export async function imageToRun(
  tools: Tools,
  project: Project,
  options: BuildChoice,
): Promise<string | undefined> {
  if (!(await needsImage(project))) return undefined;
  const { buildProject } = await import("./image/build-project.ts");
  return (await buildProject(tools, project, options)).image;
}

/** Whether there is something to build before it can run. Scripts run as they are. */
async function needsImage({ file, settings }: Project): Promise<boolean> {
  if (settings.runtime === "docker" || settings.runtime === "go") return true;
  if (settings.entrypoint !== undefined) return false;
  return isThere(join(file.folder, "Dockerfile"));
}
