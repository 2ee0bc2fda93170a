import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { CommandError } from "../common/io.ts";
import {
  addOptions,
  annotationOption,
  configOption,
  examples,
  parseCount,
  parseRouteHeader,
} from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { withoutUndefined } from "../manage/fn-settings.ts";
import { folderOf, workingDirOption } from "./folder-option.ts";
import { FUNC_FILE_NAMES, FuncFile } from "./func-file.ts";
import { RUNTIMES, type Runtime, SCHEMA_PATH, SCHEMA_VERSION } from "./func-schema.ts";
import { isThere } from "./is-there.ts";
import { SOURCE_FILES, TEST_FILE, type Template } from "./templates/template.ts";
import { VERSION_FIRST } from "./version.ts";

/** `fn init` */
export function defineInit(command: Command, tools: Tools): void {
  const settings = [
    configOption(tools.io.env),
    annotationOption(),
    new Option("-i, --image <image>", "name of the image, with or without a tag"),
    new Option("-m, --memory <MiB>", "memory of a container").argParser(parseCount),
    new Option("-t, --type <type>", "sync or async").choices(["sync", "async"]),
    new Option("-f, --format <format>", "how calls reach the container"),
    new Option("--headers <NAME=v1;v2>", "added to each answer; makes the function a route").argParser(
      parseRouteHeader,
    ),
    new Option("--timeout <seconds>", "longest time of a call").argParser(parseCount),
    new Option("--idle-timeout <seconds>", "how long a container without calls is kept").argParser(
      parseCount,
    ),
  ];
  command
    .description("begin a function in a folder: an example that runs, its test, and func.yaml")
    .argument("[name]", "make this folder; without it, the current folder becomes the function")
    .option("--name <name>", "name of the function; that of the folder unless given")
    .option("--runtime <runtime>", `${RUNTIMES.join(", ")}; what is in the folder tells unless given`)
    .option("--entrypoint <command>", "program to run, with its arguments")
    .option("--cmd <arguments>", "arguments behind the entrypoint")
    .option("--version <version>", "version to begin with", VERSION_FIRST)
    .option("--trigger <type>", "http, which is what there is")
    .option("--force", "go on in a folder that has a function file, and write it anew")
    .addOption(workingDirOption());
  addOptions(command, settings)
    .addHelpText(
      "after",
      examples("fn init --runtime typescript hello", "fn init", "fn init --runtime go --memory 64 resize"),
    )
    .action((name: string | undefined, options: InitChoice) => init(tools, name, options));
}

interface InitChoice {
  readonly name?: string;
  readonly runtime?: string;
  readonly entrypoint?: string;
  readonly cmd?: string;
  readonly version: string;
  readonly force?: boolean;
  readonly workingDir?: string;
  readonly image?: string;
  readonly memory?: number;
  readonly type?: string;
  readonly format?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly timeout?: number;
  readonly idleTimeout?: number;
  readonly config?: Readonly<Record<string, string>>;
  readonly annotation?: Readonly<Record<string, unknown>>;
}

async function init(tools: Tools, dir: string | undefined, options: InitChoice): Promise<void> {
  const folder = folderOf(tools, options, dir);
  const name = options.name ?? basename(folder);
  if (name.includes(":")) throw new CommandError(`function name cannot contain a colon: ${name}`);
  const chosen = chosenRuntime(options.runtime);
  if (dir !== undefined) await makeFolder(tools, folder, options);
  await refuseExisting(folder, options);

  const found = await foundRuntime(folder);
  // A Dockerfile says all there is to say.
  const runtime = found?.runtime === "docker" ? "docker" : (chosen ?? found?.runtime);
  if (runtime === undefined) {
    throw new CommandError(
      "no supported files found to guess runtime, please set runtime explicitly with --runtime flag",
    );
  }
  const template = await templateOf(runtime);
  if (chosen !== undefined && found?.runtime !== "docker") await writeFiles(tools, folder, template);
  const settings = found ? await foundSettings(folder, found, template) : template.settings;
  // Where there is no package.json, no editor finds the schema.
  const head = "package.json" in template.files ? HEAD : "";
  const text = head + stringify(fileContent(name, settings, options), { flowCollectionPadding: true });
  // Options are checked as a file is: what is written can be deployed.
  new FuncFile(join(folder, "func.yaml"), text);
  await writeFile(join(folder, "func.yaml"), text);
  tools.print("func.yaml created.");
  if (dir !== undefined) tools.note(`  cd ${relative(tools.io.cwd, folder)} && fn deploy --app APP --local`);
}

const HEAD = `# yaml-language-server: $schema=${SCHEMA_PATH}\n`;

function chosenRuntime(name: string | undefined): Runtime | undefined {
  // The names of 2018 that have one runtime today.
  const wanted = name?.replace(/^python[\d.]+$/, "python");
  const runtime = RUNTIMES.find((each) => each === wanted);
  if (name === undefined || runtime) return runtime;
  throw new CommandError(`Init does not support the '${name}' runtime: choose one of ${RUNTIMES.join(", ")}`);
}

async function makeFolder(tools: Tools, folder: string, { force }: InitChoice): Promise<void> {
  if ((await isThere(folder)) && !force) {
    throw new CommandError(
      `directory ${folder} already exists, cannot init function: choose another name, or use --force`,
    );
  }
  await mkdir(folder, { recursive: true });
  tools.print(`Creating function at: ${folder}`);
}

async function refuseExisting(folder: string, { force }: InitChoice): Promise<void> {
  for (const name of FUNC_FILE_NAMES) {
    if (!force && (await isThere(join(folder, name)))) {
      throw new CommandError(`Function file already exists, aborting: use --force to write ${name} anew`);
    }
  }
}

interface Found {
  readonly fileName: string;
  readonly runtime: Runtime;
}

async function foundRuntime(folder: string): Promise<Found | undefined> {
  for (const [fileName, runtime] of SOURCE_FILES) {
    if (await isThere(join(folder, fileName))) return { fileName, runtime };
  }
  return undefined;
}

/** What is there decides: a Dockerfile says how it starts, and a module without a handler serves calls itself. */
async function foundSettings(
  folder: string,
  { fileName, runtime }: Found,
  { settings }: Template,
): Promise<Template["settings"]> {
  if (runtime === "docker") return { runtime };
  if (runtime !== "node" && runtime !== "typescript") return settings;
  const hasHandler = /^export\s+(default|(const|(async\s+)?function)\s+fetch)\b/m.test(
    await readFile(join(folder, fileName), "utf8"),
  );
  return { ...settings, entrypoint: `${hasHandler ? "fn-kit" : "node"} ${fileName}` };
}

async function templateOf(runtime: Runtime): Promise<Template> {
  switch (runtime) {
    case "node":
      return (await import("./templates/node.ts")).nodeTemplate();
    case "typescript":
      return (await import("./templates/node.ts")).typescriptTemplate();
    case "python":
      return (await import("./templates/python.ts")).pythonTemplate();
    case "go":
      return (await import("./templates/go.ts")).goTemplate();
    case "docker":
      return (await import("./templates/docker.ts")).dockerTemplate();
  }
}

async function writeFiles(tools: Tools, folder: string, { files }: Template): Promise<void> {
  for (const [name, text] of Object.entries({ ...files, "func.test.yaml": TEST_FILE })) {
    if (await isThere(join(folder, name))) continue;
    await writeFile(join(folder, name), text);
    tools.print(`${name} created.`);
  }
}

function fileContent(
  name: string,
  settings: Template["settings"],
  options: InitChoice,
): Record<string, unknown> {
  const { image, entrypoint, cmd, type, memory, format, timeout, idleTimeout, config, annotation, headers } =
    options;
  const [, imageName = image, tag] = /^(.*):([^:/]+)$/.exec(image ?? "") ?? [];
  const path = `/${name.slice(name.lastIndexOf("/") + 1)}`;
  const isRoute = headers !== undefined;
  const content = {
    ...(isRoute ? { format: "http-stream" } : { schema_version: SCHEMA_VERSION }),
    name: imageName ?? name,
    version: tag ?? options.version,
    ...settings,
    ...withoutUndefined({
      entrypoint,
      cmd,
      type,
      memory,
      format,
      timeout,
      idle_timeout: idleTimeout,
      config,
    }),
    ...withoutUndefined({ annotations: annotation, headers }),
  };
  const triggers = [{ name: path.slice(1), type: "http", source: path }];
  return isRoute ? { ...content, path } : { ...content, triggers };
}
