import type { Command } from "commander";
import type { Config } from "../../model/app.ts";
import { CommandError } from "../common/io.ts";
import { type OutputChoice, outputOptions } from "../common/options.ts";
import { configLines, toSortedJson } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";

/** Something that has a config: an app or a route. */
export interface ConfigOwner {
  /** As `KEY updated` names it: `myapp`, `myapp /hello`. */
  readonly label: string;
  /** As `removed key` names it: `app 'myapp'`, `the route 'myapp/hello'`. */
  readonly title: string;
  read(): Promise<Config>;
  /** A text sets its key, an empty text removes it. */
  change(config: Config): Promise<void>;
}

/**
 * Adds `config set|unset|get|list` to a group. `ownerArguments` are the arguments that name an owner, and `find` is
 * given their values.
 */
export function defineConfig(
  group: Command,
  ownerArguments: readonly string[],
  find: (...names: string[]) => ConfigOwner,
  tools: Tools,
): void {
  const config = group.command("config").description("read and change the configuration");
  const add = (name: string, alias: string, description: string, extraArguments: string[], run: Run) => {
    const command = config.command(name).alias(alias).description(description);
    for (const argument of [...ownerArguments, ...extraArguments]) command.argument(argument);
    return command.action(() => {
      const owner = find(...command.args.slice(0, ownerArguments.length));
      return run(owner, ...command.args.slice(ownerArguments.length));
    });
  };

  add("set", "s", "set a value", ["<key>", "<value>"], async (owner, key = "", value = "") => {
    await owner.change({ [key]: value });
    tools.print(`${owner.label} updated ${key} with ${value}`);
  });

  add("unset", "u", "remove a value", ["<key>"], async (owner, key = "") => {
    if (!Object.hasOwn(await owner.read(), key)) return tools.print(`${owner.title} has no key '${key}'`);
    await owner.change({ [key]: "" });
    tools.print(`removed key '${key}' from ${owner.title}`);
  });

  add("get", "g", "print a value", ["<key>"], async (owner, key = "") => {
    const value = new Map(Object.entries(await owner.read())).get(key);
    if (value === undefined) throw new CommandError("config key does not exist");
    tools.print(value);
  });

  const list = add("list", "l", "print all values", [], async (owner) => {
    const values = await owner.read();
    if (list.opts<OutputChoice>().output === "json") return tools.print(toSortedJson(values));
    for (const line of configLines(values)) tools.print(line);
  });
  for (const option of outputOptions()) list.addOption(option);
}

/** Carries out a command on the owner, with the arguments that follow the owner's. */
type Run = (owner: ConfigOwner, ...values: string[]) => Promise<void>;
