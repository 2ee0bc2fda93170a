import type { Command } from "commander";
import type { Config } from "../../model/app.ts";
import type { Annotations, AppChange } from "../api/resources.ts";
import { confirmLosing } from "../common/confirm.ts";
import {
  addDeleteOptions,
  addOptions,
  annotationOption,
  configOption,
  type DeleteChoice,
  examples,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
  secretOption,
} from "../common/options.ts";
import { printPart, toSortedJson } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";
import { defineConfig } from "./config-commands.ts";
import { checkChange, withoutUndefined } from "./fn-settings.ts";

/** `fn apps …` */
export function defineApps(apps: Command, tools: Tools): void {
  apps.addHelpText("after", examples("fn apps create demo", "fn list apps"));

  addAppOptions(apps.command("create"), tools)
    .alias("c")
    .description("create an app")
    .addHelpText(
      "after",
      examples("fn apps create demo", "fn create app demo --config GREETING=Hello --secret 'KEY=$KEY'"),
    )
    .argument("<app>")
    .action((app: string, options: AppOptions) => create(tools, app, options));

  addOptions(apps.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list all apps")
    .addHelpText("after", examples("fn apps list", "fn list apps --json"))
    .action((options: PageChoice & OutputChoice) => list(tools, options));

  addOptions(apps.command("inspect"), outputOptions())
    .alias("i")
    .description("print an app, or a part of it, as JSON")
    .addHelpText("after", examples("fn apps inspect demo", "fn inspect app demo config.GREETING"))
    .argument("<app>")
    .argument("[property.[key]]")
    .action(async (app: string, part: string | undefined) => {
      const { apps } = await tools.api();
      printPart(tools, await apps.get(app), part);
    });

  addAppOptions(apps.command("update"), tools)
    .alias("u")
    .description("change settings of an app; those not given stay")
    .addHelpText("after", examples("fn apps update demo --config GREETING=Hi"))
    .argument("<app>")
    .action((app: string, options: AppOptions) => update(tools, app, options));

  addDeleteOptions(apps.command("delete"), "functions")
    .alias("d")
    .description("delete an app with its functions, triggers, calls and logs")
    .addHelpText("after", examples("fn apps delete demo", "fn delete app demo --force"))
    .argument("<app>")
    .action((app: string, { force }: DeleteChoice) => remove(tools, app, force === true));

  defineConfig(
    apps,
    { arguments: ["<app>"], example: "demo" },
    (app = "") => ({
      label: app,
      title: `app '${app}'`,
      read: async () => (await (await tools.api()).apps.get(app)).config ?? {},
      change: async (config) => (await tools.api()).apps.update(app, { config }),
    }),
    tools,
  );
}

interface AppOptions {
  readonly config?: Config;
  readonly secret?: Config;
  readonly annotation?: Annotations;
  readonly syslogUrl?: string;
}

function addAppOptions(command: Command, { io: { env } }: Tools): Command {
  return addOptions(command, [configOption(env), secretOption(env), annotationOption()]).option(
    "--syslog-url <url>",
    "where logs go, too, such as tcp://logs.example.com:514; an empty text for nowhere",
  );
}

function appChange({ config, secret, annotation, syslogUrl }: AppOptions): AppChange {
  return withoutUndefined({ config, secrets: secret, annotations: annotation, syslog_url: syslogUrl });
}

async function create(tools: Tools, app: string, options: AppOptions): Promise<void> {
  const { apps } = await tools.api();
  await apps.create(app, appChange(options));
  tools.print(`Successfully created app:  ${app}`);
}

async function list(tools: Tools, options: PageChoice & OutputChoice): Promise<void> {
  const { apps } = await tools.api();
  const page = await apps.list({ limit: options.n, cursor: options.cursor });
  if (options.output === "json") tools.print(toSortedJson(page.items));
  else if (page.items.length === 0) tools.print("no apps found");
  else for (const app of page.items) tools.print(app.name);
  noteRest(tools, page);
}

async function update(tools: Tools, app: string, options: AppOptions): Promise<void> {
  const change = appChange(options);
  checkChange(change);
  const { apps } = await tools.api();
  await apps.update(app, change);
  tools.print(`app ${app} updated`);
}

async function remove(tools: Tools, name: string, isForced: boolean): Promise<void> {
  const { apps, fns } = await tools.api();
  const app = await apps.get(name);
  if (!isForced && (await fns.list(app.id, { limit: 1 })).items.length > 0) {
    await confirmLosing(tools.io, `App ${name}`, "functions");
  }
  await apps.remove(app);
  tools.print(`App ${name} deleted`);
}
