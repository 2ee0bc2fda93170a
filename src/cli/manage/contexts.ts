import type { Command } from "commander";
import { parseServerUrl, SERVER_URL_DEFAULT } from "../api/server-url.ts";
import { CommandError, UsageError } from "../common/io.ts";
import { addOptions, examples, type OutputChoice, outputOptions } from "../common/options.ts";
import { printList, printPart } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";
import type { Context, ContextFiles, ContextKey } from "../context/context-files.ts";
import { contextName, DEFAULT_CONTEXT, findContextFiles, openContextFiles } from "../context/settings.ts";

/** `fn contexts …`: servers by name. */
export function defineContexts(contexts: Command, tools: Tools): void {
  contexts.addHelpText(
    "after",
    examples("fn create context prod --api-url https://fn.example.com", "fn use context prod"),
  );

  contexts
    .command("create")
    .alias("c")
    .description("make a context")
    .addHelpText(
      "after",
      examples("fn create context prod --api-url https://fn.example.com --registry me --token $TOKEN"),
    )
    .argument("<name>")
    .option("--provider <provider>", "kept as a note", "default")
    .option("--api-url <url>", "the server or balancer", SERVER_URL_DEFAULT)
    .option("--registry <registry>", "what names of images begin with")
    .option("--token <token>", "sent as a bearer token to this server")
    .action((name: string, options: CreateOptions) => createContext(tools, name, options));

  contexts
    .command("use")
    .description("choose the context that commands use from now on")
    .addHelpText("after", examples("fn use context prod"))
    .argument("<name>")
    .action((name: string) => use(tools, name));

  contexts
    .command("unset")
    .description("choose no context: commands use 'default'")
    .addHelpText("after", examples("fn unset context"))
    .action(() => unset(tools));

  addOptions(contexts.command("list"), outputOptions())
    .alias("l")
    .description("list the contexts; the one in use has a star")
    .addHelpText("after", examples("fn list contexts", "fn contexts list --json"))
    .action((options: OutputChoice) => list(tools, options));

  addOptions(contexts.command("inspect"), outputOptions())
    .alias("i")
    .description("print a context as JSON; the one in use unless given")
    .addHelpText("after", examples("fn inspect context", "fn inspect context prod"))
    .argument("[name]")
    .action((name: string | undefined) => inspect(tools, name));

  contexts
    .command("update")
    .alias("u")
    .description("change a value of the context in use")
    .addHelpText("after", examples("fn update context registry me", "fn update context registry --delete"))
    .argument("<key>", "provider, api-url, registry or token")
    .argument("[value]")
    .option("--delete", "remove the value")
    .action((key: string, value: string | undefined, options: { readonly delete?: boolean }) =>
      update(tools, key, value, options.delete === true),
    );

  contexts
    .command("delete")
    .alias("d")
    .description("delete a context that is not in use")
    .addHelpText("after", examples("fn delete context prod"))
    .argument("<name>")
    .action((name: string) => remove(tools, name));
}

interface CreateOptions {
  readonly provider: string;
  readonly apiUrl: string;
  readonly registry?: string;
  readonly token?: string;
}

async function createContext(tools: Tools, name: string, options: CreateOptions): Promise<void> {
  const { provider, apiUrl, registry, token } = options;
  const files = await openContextFiles(tools.io.env);
  if (await files.read(name)) throw new CommandError(`there is a context '${name}' already`);
  parseServerUrl(apiUrl, "--api-url");
  await files.change(name, { provider, "api-url": apiUrl, registry, token });
  tools.print(`Successfully created context: ${name}`);
}

async function use(tools: Tools, name: string): Promise<void> {
  const files = await openContextFiles(tools.io.env);
  await requireContext(files, name);
  await files.setCurrentName(name);
  tools.print(`Now using context: ${name}`);
}

async function unset(tools: Tools): Promise<void> {
  const files = await openContextFiles(tools.io.env);
  const name = await files.currentName();
  if (name === undefined) throw new CommandError("no context is chosen");
  await files.setCurrentName(undefined);
  tools.print(`Successfully unset current context: ${name}`);
}

async function list(tools: Tools, options: OutputChoice): Promise<void> {
  const files = await findContextFiles(tools.io.env);
  const inUse = await contextName(tools.flags, tools.io.env, files);
  const names = [...new Set([DEFAULT_CONTEXT, ...((await files?.names()) ?? [])])].sort();
  const views = await Promise.all(
    names.map(async (name) => viewContext(name, (await files?.read(name)) ?? {}, inUse)),
  );
  const head = ["CURRENT", "NAME", "PROVIDER", "API URL", "REGISTRY"];
  printList(tools, views, options, head, (view) => [
    view.current ? "*" : "",
    view.name,
    view.provider,
    view["api-url"],
    view.registry,
  ]);
}

async function inspect(tools: Tools, given: string | undefined): Promise<void> {
  const files = await findContextFiles(tools.io.env);
  const inUse = await contextName(tools.flags, tools.io.env, files);
  const name = given ?? inUse;
  printPart(tools, viewContext(name, await requireContext(files, name), inUse), undefined);
}

/** A context as it is shown: whether it has a token, but not which. */
function viewContext(name: string, context: Context, inUse: string) {
  return {
    name,
    current: name === inUse,
    provider: context.provider ?? "default",
    "api-url": context["api-url"] ?? SERVER_URL_DEFAULT,
    registry: context.registry ?? "",
    "has-token": context.token !== undefined,
  };
}

async function update(
  tools: Tools,
  key: string,
  value: string | undefined,
  isDeleted: boolean,
): Promise<void> {
  if (isDeleted === (value !== undefined)) throw new UsageError("give either a value or --delete");
  const files = await openContextFiles(tools.io.env);
  const name = await contextName(tools.flags, tools.io.env, files);
  await requireContext(files, name);
  const known = await checkKey(key);
  if (known === "api-url" && value !== undefined) parseServerUrl(value, "api-url");
  await files.change(name, { [known]: value });
  if (isDeleted) return tools.print(`Context ${name} has no ${known} any more`);
  // A token on a terminal is one that somebody sees.
  tools.print(`Context ${name} updated ${known}${known === "token" ? "" : ` with ${value}`}`);
}

async function checkKey(key: string): Promise<ContextKey> {
  const { CONTEXT_KEYS } = await import("../context/context-files.ts");
  const known = CONTEXT_KEYS.find((each) => each === key);
  if (known) return known;
  throw new UsageError(`'${key}' is no key of a context: give ${CONTEXT_KEYS.join(", ")}`);
}

async function remove(tools: Tools, name: string): Promise<void> {
  const files = await openContextFiles(tools.io.env);
  await requireContext(files, name);
  if (name === (await contextName(tools.flags, tools.io.env, files))) {
    throw new CommandError(`context '${name}' is in use: choose another one with 'fn use context' first`);
  }
  if (name === DEFAULT_CONTEXT) throw new CommandError("the context 'default' is always there");
  await files.remove(name);
  tools.print(`Successfully deleted context ${name}`);
}

/** What a context says; `default` needs no file. */
async function requireContext(files: ContextFiles | undefined, name: string): Promise<Context> {
  const context = await files?.read(name);
  if (context) return context;
  if (name === DEFAULT_CONTEXT) return {};
  throw new CommandError(`there is no context '${name}': see 'fn list contexts'`);
}
