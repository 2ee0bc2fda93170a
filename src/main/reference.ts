/** The pages of `docs/reference/`: what each program can be told, from the definitions that the programs themselves read. */
import { PassThrough } from "node:stream";
import { Command, type Option } from "commander";
import { COMMAND_GROUPS } from "../cli/commands.ts";
import { createTools } from "../cli/common/tools.ts";
import { defineCommands } from "../cli/run.ts";
import { systemClock } from "../clock/clock.ts";
import type { Flag, Flags, Program } from "./flags.ts";
import { harnessProgram } from "./harness-program.ts";
import { lbProgram } from "./lb-flags.ts";
import { nodeProgram } from "./node-program.ts";
import { envNameOf } from "./settings.ts";

/** Variables that no flag is for: `ps` shows flags to everybody, or others than us gave them their names. */
export const VARIABLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fnserver: {
    FN_ROOT_TOKEN: "a token that may do everything; or `-root-token-file`",
    FN_SECRETS_KEY: "the key for secrets, 32 bytes in base64 or hexadecimal; or `-secrets-key-file`",
    FN_API_CORS: "the same as `FN_API_CORS_ORIGINS`, by its older name",
    DOCKER_HOST: "the Docker engine: `unix:///path` or `tcp://host:port`",
    DOCKER_AUTH: "credentials of registries, as in Docker's `config.json`",
    DOCKER_CONFIG: "the folder of that file",
  },
  fnlb: {
    FN_LB_TOKEN: "what the management asks for as `Authorization: Bearer …`",
    FN_LB_NODE_TOKEN: "a token for the nodes, with which functions are warmed where calls need one",
  },
};

const HEAD = "<!-- Written by `npm run docs` from the definitions in src/; changes belong there. -->";

/** The pages by the names of their files. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  const programs: readonly Program<Flags>[] = [nodeProgram, lbProgram, harnessProgram];
  return new Map([
    ...programs.map((program) => [`${program.name}.md`, programPage(program)] as const),
    ["fn.md", await commandPage()],
  ]);
}

function programPage(program: Program<Flags>): string {
  const { name, summary, flags } = program;
  const settings = Object.entries(flags);
  const hasEnv = settings.some(([flag]) => envNameOf(program, flag) !== undefined);
  const isLive = settings.some(([, flag]) => flag.isLive);
  const head = [
    "flag",
    ...(hasEnv ? ["environment"] : []),
    "default",
    "what it is",
    ...(isLive ? ["SIGHUP"] : []),
  ];
  const rows = settings.map(([flag, definition]) => [
    code(spelled(flag, definition)),
    ...(hasEnv ? [code(envNameOf(program, flag) ?? "")] : []),
    code(shownDefault(definition)),
    definition.help,
    ...(isLive ? [definition.isLive ? "applies" : ""] : []),
  ]);
  const variables = Object.entries(VARIABLES[name] ?? {}).map(([variable, help]) => [code(variable), help]);
  return page([
    `# ${name}`,
    summary,
    "`-name value`, `-name=value`, `--name value` and `--name=value` are the same; `-name` alone is enough for what is on or off." +
      (hasEnv ? " A flag wins over the environment." : "") +
      ` \`${name} --help\` says all this, too.`,
    table(head, rows),
    ...(variables.length === 0
      ? []
      : ["## Variables without a flag", table(["environment", "what it is"], variables)]),
  ]);
}

function spelled(name: string, { parse, placeholder }: Flag<unknown>): string {
  return parse ? `-${name} ${placeholder}` : `-${name}`;
}

function shownDefault({ initial, shown }: Flag<unknown>): string {
  return shown ?? (initial === false ? "" : String(initial));
}

/** Commands that begin with a verb are those of the nouns once more. */
const VERBS = "Verb first";

const HELP_WIDTH = 110;

async function commandPage(): Promise<string> {
  const program = await everyCommand();
  const groups = COMMAND_GROUPS.filter(({ heading }) => heading !== VERBS);
  const verbs = COMMAND_GROUPS.find(({ heading }) => heading === VERBS)?.commands ?? [];
  const sections = groups.flatMap(({ heading, commands }) => [
    `## ${heading}`,
    ...commands.flatMap(({ name }) => leavesOf(program.commands.find((command) => command.name() === name))),
  ]);
  return page([
    "# fn",
    "The command line. Nouns and verbs may come in either order: `fn apps create demo` and `fn create app demo` are the same.",
    `Verbs that may come first: ${verbs.map(({ name }) => code(name)).join(", ")}.`,
    "Every command has these options, too:",
    table(
      ["option", "what it is"],
      program.options.filter(isGlobal).map(({ flags, description }) => [code(flags), description]),
    ),
    "Exit codes: 0, it did what it was asked for; 1, it failed; 2, it was used wrongly.",
    ...sections,
  ]);
}

/** The commands as `fn` has them, all loaded, with helps of one width. */
async function everyCommand(): Promise<Command> {
  const program = new Command("fn").configureOutput({ getOutHelpWidth: () => HELP_WIDTH }).configureHelp({
    visibleOptions: ({ options }) => options.filter((option) => !option.hidden && !isGlobal(option)),
  });
  const stream = new PassThrough();
  const io = {
    stdin: stream,
    stdout: stream,
    stderr: stream,
    env: {},
    cwd: "/",
    clock: systemClock,
    version: "",
  };
  await defineCommands(
    program,
    createTools(io, () => ({})),
    () => true,
  );
  return program;
}

function isGlobal({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === "Global options:";
}

/** The commands at the ends of a tree, each with what its `--help` says. */
function leavesOf(command: Command | undefined): string[] {
  if (!command) return [];
  if (command.commands.length > 0) return command.commands.flatMap((child) => leavesOf(child));
  return [`### ${fullName(command)}`, `\`\`\`text\n${helpOf(command).trim()}\n\`\`\``];
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** With its examples, which come with the output of a help only. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    ...command.configureOutput(),
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

function page(blocks: readonly string[]): string {
  return `${[HEAD, ...blocks].join("\n\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** Nothing for nothing. */
function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}
