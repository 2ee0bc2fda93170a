import type { Command } from "commander";
import { UsageError } from "../common/io.ts";
import { examples } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { folderOf, workingDirOption } from "./folder-option.ts";
import { readFuncFile } from "./func-file.ts";
import { bumped } from "./version.ts";

/** `fn bump` */
export function defineBump(command: Command, tools: Tools): void {
  command
    .description("raise the version in the function file; everything else in it stays as it is")
    .argument("[dir]", "the function's folder; the current one unless given")
    .option("--minor", "raise the middle number: 0.1.7 to 0.2.0")
    .option("--major", "raise the first number: 0.1.7 to 1.0.0")
    .addOption(workingDirOption())
    .addHelpText("after", examples("fn bump", "fn bump --minor"))
    .action((dir: string | undefined, options: BumpChoice) => bump(tools, dir, options));
}

interface BumpChoice {
  readonly minor?: boolean;
  readonly major?: boolean;
  readonly workingDir?: string;
}

async function bump(tools: Tools, dir: string | undefined, options: BumpChoice): Promise<void> {
  if (options.minor && options.major) throw new UsageError("give --minor or --major, not both");
  const file = await readFuncFile(folderOf(tools, options, dir));
  const step = options.major ? "major" : options.minor ? "minor" : "patch";
  const version = bumped(file.settings.version, step);
  await file.saveVersion(version);
  tools.print(`Bumped to version ${version}`);
}
