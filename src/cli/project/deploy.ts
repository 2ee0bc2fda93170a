import { once } from "node:events";
import { type Command, Option } from "commander";
import type { ApiClient } from "../api/api-client.ts";
import { isNotFound } from "../api/json-api.ts";
import { CommandError } from "../common/io.ts";
import { addOptions, examples } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { type BuildChoice, buildOptions } from "./build-options.ts";
import { deployFolder, isForFolder } from "./deploy-folder.ts";
import { folderOf, workingDirOption } from "./folder-option.ts";
import { findAppFile, type Project, readProject, readProjects } from "./project.ts";

/** `fn deploy` */
export function defineDeploy(command: Command, tools: Tools): void {
  command
    .description("deploy a function: make its image, or copy its folder, and switch the server over to it")
    .argument("[dir]", "the function's folder; the current one unless given")
    .option("--app <app>", "the app; that of the app.yaml here or above unless given")
    .option("--all", "deploy all functions below the folder of the app.yaml")
    .option("--local", "do not push: what runs functions is on this machine")
    .addOption(new Option("--skip-push", "the same as --local").implies({ local: true }).hideHelp())
    .option("--watch", "stay, and deploy again whenever a file is saved")
    .option("--create-app", "make the app if there is none, as is done anyway")
    .option("--no-bump", "leave the version as it is");
  addOptions(command, [...buildOptions(), workingDirOption()])
    .addHelpText(
      "after",
      examples(
        "fn deploy --app demo --local",
        "fn deploy --app demo --watch",
        "fn deploy --all",
        "fn deploy --app demo --registry sally hello",
      ),
    )
    .action((dir: string | undefined, options: DeployChoice) => deploy(tools, dir, options));
}

export interface DeployChoice extends BuildChoice {
  readonly app?: string;
  readonly all?: boolean;
  readonly local?: boolean;
  readonly watch?: boolean;
  readonly bump: boolean;
  readonly workingDir?: string;
  /** Say nothing where there is nothing to do. */
  readonly quiet?: boolean;
}

/** One function to be deployed, and with what. */
export interface Deployment {
  readonly tools: Tools;
  readonly api: ApiClient;
  readonly app: string;
  readonly project: Project;
  readonly options: DeployChoice;
}

async function deploy(tools: Tools, dir: string | undefined, options: DeployChoice): Promise<void> {
  const folder = folderOf(tools, options, dir);
  const api = await tools.api();
  const appFile = await findAppFile(folder);
  const app = options.app ?? appFile?.name;
  if (app === undefined) throw new CommandError("app name must be provided, try --app APP_NAME");
  const read = () =>
    options.all
      ? readProjects(appFile ?? { folder, name: app })
      : readProject(folder, appFile).then((one) => [one]);

  const deployAll = async (choice: DeployChoice) => {
    for (const project of await read()) {
      await deployOne({ tools, api, app, project, options: choice }).catch((error: unknown) => {
        if (!options.all || !(error instanceof CommandError)) throw error;
        throw new CommandError(`deploy error on ${project.file.path}: ${error.message}`);
      });
    }
  };
  if (!options.watch) return deployAll(options);

  const { watchFolder } = await import("./watch.ts");
  const root = options.all ? (appFile?.folder ?? folder) : folder;
  // Begun before anything is deployed, so that no change is missed.
  const watcher = watchFolder(root, tools.io.clock, () =>
    deployAll({ ...options, bump: false, quiet: true }).catch((error: unknown) => {
      // Half of an edit is no reason to stop.
      tools.note(`ERROR: ${error instanceof Error ? error.message : error}`);
    }),
  );
  await deployAll(options).catch((error: unknown) => {
    watcher.close();
    throw error;
  });
  tools.note(`Watching ${root}: Ctrl-C ends.`);
  await once(watcher, "close");
}

async function deployOne(deployment: Deployment): Promise<void> {
  const { api, project, options } = deployment;
  const node = await describeNode(api);
  if (await isForFolder(project, node, options)) return deployFolder(deployment, node);
  const { deployImage } = await import("./deploy-image.ts");
  return deployImage(deployment);
}

/** A server that has no such path is one of Fn, which runs images. */
async function describeNode(api: ApiClient): ReturnType<ApiClient["nodeInfo"]> {
  return api.nodeInfo().catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    return { driver: "docker", functionsRoot: undefined };
  });
}
