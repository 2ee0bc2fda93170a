import type { Command } from "commander";
import type { Config } from "../../model/app.ts";
import { CommandError } from "../common/io.ts";
import { addOptions, examples, type OutputChoice, outputOptions } from "../common/options.ts";
import { configLines, toSortedJson } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";

/** Something that has a config: an app, a function or a route. */
export interface ConfigOwner {
  /** As `KEY updated` names it: `myapp`, `myapp /hello`. */
  readonly label: string;
  /** As `removed key` names it: `app 'myapp'`, `the route 'myapp/hello'`. */
  readonly title: string;
  read(): Promise<Config>;
  /** A text sets its key, an empty text removes it. */
  change(config: Config): Promise<void>;
}

/** How an owner is named on a command line. */
interface OwnerNames {
  /** Such as `<app>` and `</path>`. */
  readonly arguments: readonly string[];
  /** The same in an example. */
  readonly example: string;
}

/** Adds `config set|unset|get|list` to a group. `find` is given the values of the arguments that name an owner. */
export function defineConfig(
  group: Command,
  owner: OwnerNames,
  find: (...names: string[]) => ConfigOwner,
  tools: Tools,
): void {
  const config = group.command("config").description("read and change the configuration").helpCommand(false);
  config.addHelpText("after", examples(`fn ${group.name()} config set ${owner.example} GREETING Hello`));
  const add = (
    [name, alias]: [string, string],
    description: string,
    own: readonly string[],
    example: string,
    run: Run,
  ) => {
    const command = config.command(name).alias(alias).description(description);
    for (const argument of [...owner.arguments, ...own]) command.argument(argument);
    const typed = `fn ${group.name()} config ${name} ${owner.example} ${example}`.trimEnd();
    return command.addHelpText("after", examples(typed)).action(() => {
      const { length } = owner.arguments;
      return run(find(...command.args.slice(0, length)), ...command.args.slice(length));
    });
  };

  add(
    ["set", "s"],
    "set a value",
    ["<key>", "<value>"],
    "GREETING Hello",
    async (owner, key = "", value = "") => {
      await owner.change({ [key]: value });
      tools.print(`${owner.label} updated ${key} with ${value}`);
    },
  );

  add(["unset", "u"], "remove a value", ["<key>"], "GREETING", async (owner, key = "") => {
    if (!Object.hasOwn(await owner.read(), key)) return tools.print(`${owner.title} has no key '${key}'`);
    await owner.change({ [key]: "" });
    tools.print(`removed key '${key}' from ${owner.title}`);
  });

  const get = add(["get", "g"], "print a value", ["<key>"], "GREETING", async (owner, key = "") => {
    const value = new Map(Object.entries(await owner.read())).get(key);
    if (value === undefined) throw new CommandError("config key does not exist");
    tools.print(get.opts<OutputChoice>().output === "json" ? toSortedJson(value) : value);
  });

  const list = add(["list", "l"], "print all values", [], "", async (owner) => {
    const values = await owner.read();
    if (list.opts<OutputChoice>().output === "json") return tools.print(toSortedJson(values));
    for (const line of configLines(values)) tools.print(line);
  });
  for (const command of [get, list]) addOptions(command, outputOptions());
}

/** Carries out a command on the owner, with the arguments that follow the owner's. */
type Run = (owner: ConfigOwner, ...values: string[]) => Promise<void>;
