import { type Command, Option } from "commander";
import type { Config } from "../../model/app.ts";
import { confirm } from "../common/confirm.ts";
import { CommandError, UsageError } from "../common/io.ts";
import {
  addOptions,
  configOption,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
} from "../common/options.ts";
import { property, toSortedJson } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";
import { defineConfig } from "./config-commands.ts";

/** `fn apps …` */
export function defineApps(apps: Command, tools: Tools): void {
  apps
    .command("create")
    .alias("c")
    .description("create an app")
    .argument("<app>")
    .addOption(configOption(tools.io.env))
    .action((app: string, options: { readonly config?: Config }) => create(tools, app, options.config));

  addOptions(apps.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list all apps")
    .action((options: PageChoice & OutputChoice) => list(tools, options));

  addOptions(apps.command("inspect"), outputOptions())
    .alias("i")
    .description("print an app, or a part of it, as JSON")
    .argument("<app>")
    .argument("[property.[key]]")
    .action((app: string, part: string | undefined) => inspect(tools, app, part));

  apps
    .command("update")
    .alias("u")
    .description("change the configuration of an app")
    .argument("<app>")
    .addOption(configOption(tools.io.env))
    .action((app: string, options: { readonly config?: Config }) => update(tools, app, options.config));

  apps
    .command("delete")
    .alias("d")
    .description("delete an app with its routes, calls and logs")
    .argument("<app>")
    .addOption(new Option("-f, --force", "do not ask, even if the app has routes"))
    .action((app: string, options: { readonly force?: boolean }) =>
      remove(tools, app, options.force === true),
    );

  defineConfig(
    apps,
    ["<app>"],
    (app = "") => ({
      label: app,
      title: `app '${app}'`,
      read: async () => (await tools.api.getApp(app)).config ?? {},
      change: (config) => tools.api.updateApp(app, config),
    }),
    tools,
  );
}

async function create({ api, print }: Tools, app: string, config: Config = {}): Promise<void> {
  await api.createApp(app, config);
  print(`Successfully created app:  ${app}`);
}

async function list(tools: Tools, options: PageChoice & OutputChoice): Promise<void> {
  const page = await tools.api.listApps({ limit: options.n, cursor: options.cursor });
  if (options.output === "json") tools.print(toSortedJson(page.items));
  else if (page.items.length === 0) tools.print("no apps found");
  else for (const app of page.items) tools.print(app.name);
  noteRest(tools, page);
}

async function inspect({ api, print }: Tools, app: string, part: string | undefined): Promise<void> {
  const resource = await api.getApp(app);
  const value = part === undefined ? resource : property(resource, part);
  if (value === undefined) throw new CommandError(`failed to inspect field ${part}`);
  print(toSortedJson(value));
}

async function update({ api, print }: Tools, app: string, config: Config | undefined): Promise<void> {
  if (!config) throw new UsageError("nothing to change: give --config K=V");
  await api.updateApp(app, config);
  print(`app ${app} updated`);
}

async function remove(tools: Tools, app: string, force: boolean): Promise<void> {
  if (!force) await confirmLosingRoutes(tools, app);
  await tools.api.deleteApp(app);
  tools.print(`App ${app} deleted`);
}

async function confirmLosingRoutes(tools: Tools, app: string): Promise<void> {
  const { items } = await tools.api.listRoutes(app, { limit: 1 });
  if (items.length === 0) return;
  if (!tools.io.stdin.isTTY) {
    throw new CommandError(
      `app ${app} has routes, which would be deleted with it: delete them, or use --force`,
    );
  }
  const isSure = await confirm(tools.io, `App ${app} has routes. Delete it with all of them?`);
  if (!isSure) throw new CommandError("nothing was deleted");
}
