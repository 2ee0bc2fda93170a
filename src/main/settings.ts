import type { Flag, Flags, Program, Values } from "./flags.ts";
import { readSettingsFile } from "./settings-file.ts";

/** Everything that is wrong with the settings of a program, each problem with the place that it comes from. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.problems = problems;
  }
}

export interface SettingsInput {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the configuration file; throws the system's error. Absent: files are not asked for. */
  readonly readFile?: (path: string) => string;
}

/** A value as somebody wrote it, and where: `-hc-path`, `FN_LB_HC_PATH`, `fnlb.yaml, line 3: hc-path`. */
export interface Told {
  readonly name: string;
  readonly text: string;
  readonly origin: string;
}

/** The flag that names the configuration file, in programs that have it. */
export const CONFIG = "config";

/**
 * The settings of a program. A flag wins over the environment, that over the configuration file, and that over the
 * default. All that was told is checked, also what is outdone: it would fail on another day. An empty variable counts
 * as not set. Throws `SettingsError` with everything that is wrong.
 */
export function readSettings<F extends Flags>(program: Program<F>, input: SettingsInput): Values<F> {
  const problems: string[] = [];
  const flags = tellArguments(program.flags, input.argv, problems);
  const variables = tellEnvironment(program, input.env);
  const path = [...variables, ...flags].findLast(({ name }) => name === CONFIG)?.text;
  const file = path && input.readFile ? readSettingsFile(path, input.readFile, problems) : [];

  const parsed = new Map(Object.entries(program.flags).map(([name, { initial }]) => [name, initial]));
  const origins = new Map<string, string>();
  const wrong = new Set<string>();
  for (const told of [...file, ...variables, ...flags]) {
    origins.set(told.name, told.origin);
    try {
      parsed.set(told.name, parse(program.flags, told));
    } catch (error) {
      wrong.add(told.name);
      problems.push(`${told.origin}: ${error instanceof Error ? error.message : error}`);
    }
  }
  // A value for each flag, made by its own parser or its own initial value.
  const values = Object.fromEntries(parsed) as Values<F>;
  for (const { between, problem } of program.contradictions?.(values) ?? []) {
    // Of a setting that is wrong in itself, nobody knows what it would contradict.
    if (between.some((name) => wrong.has(name))) continue;
    problems.push(`${between.map((name) => origins.get(name) ?? `-${name}`).join(" and ")}: ${problem}`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return values;
}

/** Whether the arguments ask for the help. */
export function wantsHelp(flags: Flags, argv: readonly string[]): boolean {
  return tellArguments(flags, argv, []).some(({ name }) => name === "help");
}

/** The environment variable of a setting, if it has one. */
export function envNameOf(program: Program<Flags>, name: string): string | undefined {
  const { envPrefix, flags } = program;
  const { env } = flags[name] ?? {};
  return env ?? (envPrefix && `${envPrefix}${name.replaceAll("-", "_").toUpperCase()}`);
}

function tellArguments(flags: Flags, argv: readonly string[], problems: string[]): Told[] {
  const told: Told[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? "";
    const [, name, value] = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) {
      problems.push(`'${argument}' is no flag. Write -name value, or -name=value.`);
    } else if (!Object.hasOwn(flags, name)) {
      if (name === "help" || name === "h") told.push({ name: "help", text: "true", origin: argument });
      else problems.push(`-${name} is no flag of this program.`);
    } else if (value !== undefined || flags[name]?.parse === undefined) {
      told.push({ name, text: value ?? "true", origin: `-${name}` });
    } else if (i + 1 < argv.length) {
      told.push({ name, text: argv[++i] ?? "", origin: `-${name}` });
    } else {
      problems.push(`-${name} needs a value.`);
    }
  }
  return told;
}

function tellEnvironment(program: Program<Flags>, env: SettingsInput["env"]): Told[] {
  return Object.keys(program.flags).flatMap((name) => {
    const origin = envNameOf(program, name);
    const text = origin && env[origin];
    return text ? [{ name, text, origin }] : [];
  });
}

function parse(flags: Flags, { name, text }: Told): unknown {
  if (!Object.hasOwn(flags, name)) throw new Error("there is no such setting.");
  const flag: Flag<unknown> | undefined = flags[name];
  return flag?.parse ? withValue(text, flag.parse) : switched(text);
}

function withValue(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`'${text}' is not accepted. ${error instanceof Error ? error.message : error}`);
  }
}

function switched(text: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new Error(`'${text}' is not accepted. Give true or false.`);
}
