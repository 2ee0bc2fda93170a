import { CommandError } from "../../common/io.ts";
import type { FuncSettings } from "../func-schema.ts";

/** Where the kit lies in the folder that is sent to the engine, and in the image. */
export const KIT_IN_CONTEXT = ".fn-kit";
const KIT_IN_IMAGE = "/opt/fn-kit";

/** What a Dockerfile depends on beside the function file. */
export interface DockerfileInput {
  readonly settings: FuncSettings;
  /** Names of the files in the function's folder. */
  readonly files: ReadonlySet<string>;
  /** `main.ts`, or `main.js` where the kit is compiled. */
  readonly kitFile: string;
}

/**
 * The Dockerfile of a function without one: what is needed to build it stays in the first stage. Errors: `CommandError` for a
 * runtime that is not known, and without an entrypoint.
 */
export function generateDockerfile(input: DockerfileInput): string {
  const stages = stagesOf(input);
  return `${stages.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function stagesOf(input: DockerfileInput): string[][] {
  switch (input.settings.runtime) {
    case "node":
    case "typescript":
      return nodeStages(input);
    case "python":
      return pythonStages(input);
    case "go":
      return goStages(input);
    default:
      throw new CommandError(
        `there is no Dockerfile, and none can be made for the runtime '${input.settings.runtime ?? ""}': write one, or set runtime to node, typescript, python or go`,
      );
  }
}

function nodeStages({ settings, files, kitFile }: DockerfileInput): string[][] {
  const { build_image = "node:26-slim", run_image = build_image } = settings;
  const hasPackages = files.has("package.json");
  const install = files.has("package-lock.json") ? "npm ci --omit=dev" : "npm install --omit=dev";
  const build = [
    `FROM ${build_image} AS build`,
    "WORKDIR /function",
    "COPY package*.json ./",
    // So that there is a folder to be copied, though it may be empty.
    `RUN ${install} && mkdir -p node_modules`,
  ];
  const run = [
    `FROM ${run_image}`,
    "WORKDIR /function",
    ...(hasPackages ? ["COPY --from=build /function/node_modules ./node_modules"] : []),
    `COPY ${KIT_IN_CONTEXT} ${KIT_IN_IMAGE}`,
    "COPY . .",
    ...start(settings, kitFile),
  ];
  return hasPackages ? [build, run] : [run];
}

function pythonStages({ settings, files, kitFile }: DockerfileInput): string[][] {
  const { build_image = "python:3.13-slim", run_image = build_image } = settings;
  const hasPackages = files.has("requirements.txt");
  const build = [
    `FROM ${build_image} AS build`,
    "COPY requirements.txt .",
    "RUN pip install --no-cache-dir --target=/packages -r requirements.txt",
  ];
  const run = [
    `FROM ${run_image}`,
    "WORKDIR /function",
    ...(hasPackages ? ["COPY --from=build /packages /packages", "ENV PYTHONPATH=/packages"] : []),
    "COPY . .",
    ...start(settings, kitFile),
  ];
  return hasPackages ? [build, run] : [run];
}

function goStages({ settings, kitFile }: DockerfileInput): string[][] {
  const { build_image = "golang:1.24-alpine", run_image = "alpine:3" } = settings;
  return [
    [`FROM ${build_image} AS build`, "WORKDIR /function", "COPY . .", "RUN CGO_ENABLED=0 go build -o func ."],
    [
      `FROM ${run_image}`,
      "WORKDIR /function",
      "COPY --from=build /function/func ./func",
      ...start(settings, kitFile),
    ],
  ];
}

function start({ entrypoint, cmd }: FuncSettings, kitFile: string): string[] {
  const [program, ...args] = words(entrypoint);
  if (program === undefined && cmd === undefined) {
    throw new CommandError(
      "no entrypoint: say in the function file what to run, such as 'entrypoint: fn-kit func.ts'",
    );
  }
  const command = program === "fn-kit" ? ["node", `${KIT_IN_IMAGE}/${kitFile}`, ...args] : [program, ...args];
  return [
    ...(program === undefined ? [] : [`ENTRYPOINT ${JSON.stringify(command)}`]),
    ...(cmd === undefined ? [] : [`CMD ${JSON.stringify(words(cmd))}`]),
  ];
}

function words(command: string | readonly string[] | undefined): string[] {
  return typeof command === "string" ? command.split(/\s+/).filter(Boolean) : [...(command ?? [])];
}
