import type { Command } from "commander";
import type { Annotations, FnChange, FnResource } from "../api/resources.ts";
import { urlBelow } from "../api/server-url.ts";
import { confirmLosing } from "../common/confirm.ts";
import {
  addDeleteOptions,
  addOptions,
  annotationOption,
  type DeleteChoice,
  examples,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
} from "../common/options.ts";
import { printList, printPart } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";
import { defineConfig } from "./config-commands.ts";
import { addFnOptions, checkChange, checkImage, type FnOptions, fnChange } from "./fn-settings.ts";

/** `fn fns …`, which is also `fn functions …`. */
export function defineFns(fns: Command, tools: Tools): void {
  fns.addHelpText("after", examples("fn fns create demo hello me/hello:0.0.1", "fn list fns demo"));

  addChangeOptions(fns.command("create"), tools)
    .alias("c")
    .description("create a function in an app")
    .addHelpText("after", examples("fn fns create demo hello me/hello:0.0.1", FOLDER_EXAMPLE))
    .argument("<app>")
    .argument("<fn>")
    .argument("[image]", "the same as --image")
    .action((app: string, name: string, image: string | undefined, options: ChangeOptions) =>
      create(tools, app, name, { ...options, image: checkImage(image ?? options.image) }),
    );

  addOptions(fns.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list the functions of an app")
    .addHelpText("after", examples("fn fns list demo", "fn list functions demo --json"))
    .argument("<app>")
    .action((app: string, options: PageChoice & OutputChoice) => list(tools, app, options));

  addOptions(fns.command("inspect"), outputOptions())
    .alias("i")
    .description("print a function, or a part of it, as JSON")
    .addHelpText("after", examples("fn fns inspect demo hello", "fn inspect fn demo hello --endpoint"))
    .argument("<app>")
    .argument("<fn>")
    .argument("[property.[key]]")
    .option("--endpoint", "print only the URL that calls it")
    .action((app: string, name: string, part: string | undefined, options: EndpointChoice) =>
      inspect(tools, app, name, part, options),
    );

  addChangeOptions(fns.command("update"), tools)
    .alias("u")
    .description("change settings of a function; those not given stay")
    .addHelpText(
      "after",
      examples("fn fns update demo hello me/hello:0.0.2", "fn update fn demo hello -m 256"),
    )
    .argument("<app>")
    .argument("<fn>")
    .argument("[image]", "the same as --image")
    .action((app: string, name: string, image: string | undefined, options: ChangeOptions) =>
      update(tools, app, name, { ...options, image: image ?? options.image }),
    );

  addDeleteOptions(fns.command("delete"), "triggers")
    .alias("d")
    .description("delete a function with its triggers")
    .addHelpText("after", examples("fn fns delete demo hello", "fn delete fn demo hello --force"))
    .argument("<app>")
    .argument("<fn>")
    .action((app: string, name: string, { force }: DeleteChoice) => remove(tools, app, name, force === true));

  defineConfig(
    fns,
    { arguments: ["<app>", "<fn>"], example: "demo hello" },
    (app = "", name = "") => ({
      label: `${app} ${name}`,
      title: `function '${name}' of app '${app}'`,
      read: async () => (await (await tools.api()).fns.get(app, name)).config ?? {},
      change: async (config) => {
        const { fns } = await tools.api();
        await fns.update(await fns.get(app, name), { config });
      },
    }),
    tools,
  );
}

const FOLDER_EXAMPLE = "fn create fn demo hello dir:functions/hello --memory 256 --config GREETING=Hello";

interface ChangeOptions extends FnOptions {
  readonly annotation?: Annotations;
}

interface EndpointChoice {
  readonly endpoint?: boolean;
}

function addChangeOptions(command: Command, { io }: Tools): Command {
  return addFnOptions(command, io.env).addOption(annotationOption());
}

function changeOf(options: ChangeOptions): FnChange {
  const { annotation: annotations } = options;
  return { ...fnChange(options), ...(annotations && { annotations }) };
}

async function create(tools: Tools, app: string, name: string, options: ChangeOptions): Promise<void> {
  const { apps, fns } = await tools.api();
  await fns.create((await apps.get(app)).id, name, changeOf(options));
  tools.print(`Successfully created function: ${name} with ${options.image}`);
}

async function list(tools: Tools, app: string, options: PageChoice & OutputChoice): Promise<void> {
  const { apps, fns } = await tools.api();
  const page = await fns.list((await apps.get(app)).id, { limit: options.n, cursor: options.cursor });
  printList(tools, page.items, options, ["NAME", "IMAGE", "ID"], (fn) => [fn.name, fn.image, fn.id]);
  noteRest(tools, page);
}

async function inspect(
  tools: Tools,
  app: string,
  name: string,
  part: string | undefined,
  { endpoint }: EndpointChoice,
): Promise<void> {
  const { fns, server } = await tools.api();
  const fn = await fns.get(app, name);
  if (endpoint) tools.print(invokeUrl(server, fn).href);
  else printPart(tools, fn, part);
}

/** Where a function is called, at the address that this command uses for the server. */
export function invokeUrl(server: URL, fn: FnResource): URL {
  return urlBelow(server, ["invoke", fn.id]);
}

async function update(tools: Tools, app: string, name: string, options: ChangeOptions): Promise<void> {
  if (options.image !== undefined) checkImage(options.image);
  const change = changeOf(options);
  checkChange(change);
  const { fns } = await tools.api();
  await fns.update(await fns.get(app, name), change);
  tools.print(`${app} ${name} updated`);
}

async function remove(tools: Tools, app: string, name: string, isForced: boolean): Promise<void> {
  const { fns, triggers } = await tools.api();
  const fn = await fns.get(app, name);
  if (!isForced && (await triggers.list(fn.app_id, fn.id, { limit: 1 })).items.length > 0) {
    await confirmLosing(tools.io, `Function ${name}`, "triggers");
  }
  await fns.remove(fn);
  tools.print(`Function ${name} deleted`);
}
