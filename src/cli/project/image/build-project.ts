import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { CommandError } from "../../common/io.ts";
import type { Tools } from "../../common/tools.ts";
import type { BuildChoice } from "../build-options.ts";
import { contentHash, copyFolder } from "../folder-copy.ts";
import type { Project } from "../project.ts";
import { VERSION_FIRST } from "../version.ts";
import { generateDockerfile, KIT_IN_CONTEXT } from "./dockerfile.ts";
import { connectEngine, follow } from "./engine.ts";
import { imageName } from "./image-name.ts";
import { showProgress } from "./progress.ts";

/** Tells which content an image was made of, so that it need not be made again. */
const SOURCE_LABEL = "hotfn.source";

export interface Built {
  readonly image: string;
  /** `contentHash` of the folder. */
  readonly hash: string;
}

/** Makes the image of a function, tagged with this version. Errors: `CommandError`, with what the engine said. */
export async function buildProject(
  tools: Tools,
  project: Project,
  options: BuildChoice,
  version = project.settings.version ?? VERSION_FIRST,
): Promise<Built> {
  const { registry } = await tools.settings();
  const image = imageName(project, version, registry);
  const engine = await connectEngine();
  await runBuildLines(tools, project);
  const hash = await contentHash(project.file);
  tools.print(`Building image ${image}`);
  const context = await mkdtemp(join(tmpdir(), "fn-build-"));
  try {
    await fillContext(context, project);
    await build(engine, context, tools, { image, hash, options });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  tools.print(`Function ${image} built successfully.`);
  return { image, hash };
}

/** The content that an image was made of; undefined when the engine does not have it, or it is not ours. */
export async function sourceOf(engine: Docker, image: string): Promise<string | undefined> {
  try {
    return (await engine.getImage(image).inspect()).Config.Labels?.[SOURCE_LABEL];
  } catch {
    return undefined;
  }
}

const kitPath = fileURLToPath(new URL(`../../../kit/main${extname(import.meta.url)}`, import.meta.url));

/** The folder, with a Dockerfile, and with the kit where a generated Dockerfile wants it. */
async function fillContext(context: string, { file, settings }: Project): Promise<void> {
  await copyFolder(file.folder, context);
  const files = new Set(await readdir(context));
  if (files.has("Dockerfile")) return;
  const dockerfile = generateDockerfile({ settings, files, kitFile: basename(kitPath) });
  // The image gets packages of its own: those that are here may be for another machine, or for development.
  if (files.has("package.json")) await rm(join(context, "node_modules"), { recursive: true, force: true });
  await writeFile(join(context, "Dockerfile"), dockerfile);
  await cp(dirname(kitPath), join(context, KIT_IN_CONTEXT), {
    recursive: true,
    filter: (source) => !/\.(test|suite)\.\w+$/.test(source),
  });
}

async function build(
  engine: Docker,
  context: string,
  { io }: Tools,
  { image, hash, options }: Built & { readonly options: BuildChoice },
): Promise<void> {
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY"].flatMap((name) =>
    io.env[name] ? [`${name}=${io.env[name]}`] : [],
  );
  const args = [...proxies, ...(options.buildArg ?? [])].map((pair) => {
    const at = pair.indexOf("=");
    // As with Docker, a name alone takes its value from the environment.
    return at < 0 ? [pair, io.env[pair] ?? ""] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  const stream = await engine.buildImage(
    { context, src: await readdir(context) },
    {
      t: image,
      nocache: !options.cache,
      buildargs: Object.fromEntries(args),
      labels: { [SOURCE_LABEL]: hash },
      rm: true,
      forcerm: true,
    },
  );
  await follow(stream, showProgress(io.stderr));
}

/** The `build` lines of the function file, in its folder. */
async function runBuildLines({ io, detail }: Tools, { file, settings }: Project): Promise<void> {
  for (const line of settings.build ?? []) {
    detail(line);
    const shell = spawn("/bin/sh", ["-c", line], { cwd: file.folder, stdio: ["ignore", "pipe", "pipe"] });
    // Progress, as what an engine tells: the result of the command is the image.
    for (const output of [shell.stdout, shell.stderr]) output.pipe(io.stderr, { end: false });
    const [code, signal] = await once(shell, "close");
    if (code !== 0)
      throw new CommandError(`the build line '${line}' failed (${signal ?? `exit code ${code}`})`);
  }
}
