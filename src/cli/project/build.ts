import type { Command } from "commander";
import { addOptions, examples } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { type BuildChoice, buildOptions } from "./build-options.ts";
import { folderOf, workingDirOption } from "./folder-option.ts";
import { buildProject } from "./image/build-project.ts";
import { findAppFile, readProject } from "./project.ts";
import { VERSION_FIRST } from "./version.ts";

/** `fn build` */
export function defineBuild(command: Command, tools: Tools): void {
  command
    .description("make the image of a function, with its own Dockerfile or one for its runtime")
    .argument("[dir]", "the function's folder; the current one unless given");
  addOptions(command, [...buildOptions(), workingDirOption()])
    .addHelpText("after", examples("fn build", "fn build --registry sally --build-arg LEVEL=2"))
    .action((dir: string | undefined, options: BuildCommandChoice) => build(tools, dir, options));
}

interface BuildCommandChoice extends BuildChoice {
  readonly workingDir?: string;
}

async function build(tools: Tools, dir: string | undefined, options: BuildCommandChoice): Promise<void> {
  const folder = folderOf(tools, options, dir);
  const project = await readProject(folder, await findAppFile(folder));
  if (project.settings.version === undefined) {
    await project.file.saveVersion(VERSION_FIRST);
    tools.print(`Bumped to version ${VERSION_FIRST}`);
  }
  await buildProject(tools, project, options);
}
