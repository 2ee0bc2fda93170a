import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseServerUrl } from "../api/server-url.ts";
import { CommandError, type Environment } from "../common/io.ts";
import type { Context, ContextFiles } from "./context-files.ts";

/** The context there is without any file. */
export const DEFAULT_CONTEXT = "default";

/** What the options say that every command has. */
export interface GlobalFlags {
  readonly context?: string;
  readonly apiUrl?: string;
  readonly registry?: string;
  readonly verbose?: boolean;
}

/** Where commands go, and with what. */
export interface Settings {
  /** The name of the context. */
  readonly context: string;
  /** Ends with a slash. */
  readonly server: URL;
  readonly token: string | undefined;
  /** What names of images begin with: `sally`, `localhost:5000/sally`; undefined for none. */
  readonly registry: string | undefined;
}

/** Flags over environment over the context's file. Errors: `CommandError` for what is no URL, no YAML, no context. */
export async function readSettings(flags: GlobalFlags, env: Environment): Promise<Settings> {
  const { name, context } = await readContext(flags, env);
  const given = readGivenUrl(flags, env);
  const ofContext = () => parseServerUrl(context["api-url"], `the api-url of the context ${name}`);
  const server = given ?? ofContext();
  // The token of a context belongs to its server, and is shown to no other.
  const isForServer = context.token !== undefined && ofContext().origin === server.origin;
  return {
    context: name,
    server,
    token: env.FN_TOKEN || (isForServer ? context.token : undefined),
    registry: flags.registry || env.FN_REGISTRY || context.registry,
  };
}

/** The name of the context that commands work with. */
export async function contextName(
  flags: GlobalFlags,
  env: Environment,
  files: ContextFiles | undefined,
): Promise<string> {
  return flags.context || env.FN_CONTEXT || (await files?.currentName()) || DEFAULT_CONTEXT;
}

/** The files of contexts, if there are any: reading them takes a parser that commands need not wait for. */
export async function findContextFiles(env: Environment): Promise<ContextFiles | undefined> {
  const { HOME } = env;
  // The folder itself is there as soon as a server has been started.
  const areThere = HOME && ["config.yaml", "contexts"].some((name) => existsSync(join(folderIn(HOME), name)));
  return areThere ? openContextFiles(env) : undefined;
}

/** The files of contexts, whether there are any yet or not. Errors: `CommandError` without a home. */
export async function openContextFiles(env: Environment): Promise<ContextFiles> {
  if (!env.HOME) throw new CommandError("HOME is not set, so there is no place for contexts");
  const { ContextFiles } = await import("./context-files.ts");
  return new ContextFiles(folderIn(env.HOME));
}

async function readContext(
  flags: GlobalFlags,
  env: Environment,
): Promise<{ name: string; context: Context }> {
  const files = await findContextFiles(env);
  const name = await contextName(flags, env, files);
  const context = await files?.read(name);
  if (!context && name !== DEFAULT_CONTEXT) {
    throw new CommandError(`there is no context '${name}': make it with 'fn create context ${name}'`);
  }
  return { name, context: context ?? {} };
}

function readGivenUrl(flags: GlobalFlags, env: Environment): URL | undefined {
  if (flags.apiUrl) return parseServerUrl(flags.apiUrl, "--api-url");
  return env.FN_API_URL ? parseServerUrl(env.FN_API_URL, "FN_API_URL") : undefined;
}

function folderIn(home: string): string {
  return join(home, ".fn");
}
