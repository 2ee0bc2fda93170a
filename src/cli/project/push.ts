import type { Command } from "commander";
import { CommandError } from "../common/io.ts";
import { examples } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { folderOf, workingDirOption } from "./folder-option.ts";
import { connectEngine } from "./image/engine.ts";
import { checkPushable, imageName } from "./image/image-name.ts";
import { pushImage } from "./image/push-image.ts";
import { findAppFile, readProject } from "./project.ts";

/** `fn push` */
export function definePush(command: Command, tools: Tools): void {
  command
    .description("push the image of a function to its registry, with the credentials that Docker has")
    .argument("[dir]", "the function's folder; the current one unless given")
    .addOption(workingDirOption())
    .addHelpText("after", examples("fn push", "fn push --registry sally"))
    .action((dir: string | undefined, options: { readonly workingDir?: string }) =>
      push(tools, dir, options),
    );
}

async function push(
  tools: Tools,
  dir: string | undefined,
  options: { readonly workingDir?: string },
): Promise<void> {
  const folder = folderOf(tools, options, dir);
  const project = await readProject(folder, await findAppFile(folder));
  const { version } = project.settings;
  if (version === undefined)
    throw new CommandError("the function has no version yet: build its image with 'fn build'");
  const image = imageName(project, version, (await tools.settings()).registry);
  // Before the engine is asked for: the name is wrong with any.
  checkPushable(image);
  await pushImage(tools, await connectEngine(), image);
  tools.print(`Function ${image} pushed successfully.`);
}
