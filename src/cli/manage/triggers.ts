import { type Command, Option } from "commander";
import { EVERYTHING } from "../api/json-api.ts";
import type { Annotations, TriggerResource } from "../api/resources.ts";
import { triggerUrl } from "../api/server-url.ts";
import {
  addOptions,
  annotationOption,
  examples,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
} from "../common/options.ts";
import { printList, printPart } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";
import { checkChange, withoutUndefined } from "./fn-settings.ts";

/** `fn triggers …` */
export function defineTriggers(triggers: Command, tools: Tools): void {
  triggers.addHelpText(
    "after",
    examples("fn triggers create demo hello greet --source /greet", "fn list triggers demo"),
  );

  const typed = (name: string) =>
    triggers.command(name).argument("<app>").argument("<fn>").argument("<trigger>");

  typed("create")
    .alias("c")
    .description("create a trigger: a path of an app that leads to a function")
    .addHelpText("after", examples("fn triggers create demo hello greet --source /greet"))
    .addOption(sourceOption().makeOptionMandatory())
    .addOption(new Option("--type <type>", "how it is triggered").choices(["http"]).default("http"))
    .addOption(annotationOption())
    .action((app: string, fn: string, name: string, options: CreateOptions) =>
      create(tools, app, fn, name, options),
    );

  addOptions(triggers.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list the triggers of an app, or of one of its functions")
    .addHelpText("after", examples("fn triggers list demo", "fn list triggers demo hello --json"))
    .argument("<app>")
    .argument("[fn]")
    .action((app: string, fn: string | undefined, options: PageChoice & OutputChoice) =>
      list(tools, app, fn, options),
    );

  addOptions(typed("inspect"), outputOptions())
    .alias("i")
    .description("print a trigger, or a part of it, as JSON")
    .addHelpText("after", examples("fn triggers inspect demo hello greet --endpoint"))
    .argument("[property.[key]]")
    .option("--endpoint", "print only the URL that calls it")
    .action((app: string, fn: string, name: string, part: string | undefined, options: EndpointChoice) =>
      inspect(tools, [app, fn, name], part, options),
    );

  typed("update")
    .alias("u")
    .description("change a trigger; what is not given stays")
    .addHelpText("after", examples("fn triggers update demo hello greet --source /hi"))
    .addOption(sourceOption())
    .addOption(annotationOption())
    .action((app: string, fn: string, name: string, options: ChangeOptions) =>
      update(tools, app, fn, name, options),
    );

  typed("delete")
    .alias("d")
    .description("delete a trigger; its function stays")
    .addHelpText("after", examples("fn triggers delete demo hello greet"))
    .action((app: string, fn: string, name: string) => remove(tools, app, fn, name));
}

interface ChangeOptions {
  readonly source?: string;
  readonly annotation?: Annotations;
}

interface CreateOptions extends ChangeOptions {
  readonly type: string;
}

interface EndpointChoice {
  readonly endpoint?: boolean;
}

function sourceOption(): Option {
  return new Option("--source </path>", "the path, from its first slash").argParser((path: string) =>
    path.startsWith("/") ? path : `/${path}`,
  );
}

async function create(
  tools: Tools,
  app: string,
  fn: string,
  name: string,
  { type, source, annotation: annotations }: CreateOptions,
): Promise<void> {
  const { fns, triggers, server } = await tools.api();
  const change = withoutUndefined({ type, source, annotations });
  const trigger = await triggers.create(await fns.get(app, fn), name, change);
  tools.print(`Successfully created trigger: ${name}`);
  tools.print(`Trigger Endpoint: ${endpoint(server, app, trigger)}`);
}

async function list(
  tools: Tools,
  app: string,
  fnName: string | undefined,
  options: PageChoice & OutputChoice,
): Promise<void> {
  const { apps, fns, triggers, server } = await tools.api();
  const { id: appId } = await apps.get(app);
  const fn = fnName === undefined ? undefined : await fns.get(app, fnName);
  const page = await triggers.list(appId, fn?.id, { limit: options.n, cursor: options.cursor });
  const known = fn ? [fn] : (await fns.list(appId, EVERYTHING)).items;
  const nameOf = new Map(known.map(({ id, name }) => [id, name]));
  const head = ["FUNCTION", "NAME", "TYPE", "SOURCE", "ENDPOINT", "ID"];
  printList(tools, page.items, options, head, (trigger) => {
    const { name, type, source, id } = trigger;
    return [nameOf.get(trigger.fn_id) ?? "", name, type, source, endpoint(server, app, trigger), id];
  });
  noteRest(tools, page);
}

/** Where a trigger is called, at the address that this command uses for the server. */
function endpoint(server: URL, app: string, { source }: TriggerResource): string {
  return triggerUrl(server, app, source).href;
}

async function inspect(
  tools: Tools,
  [app = "", fn = "", name = ""]: readonly string[],
  part: string | undefined,
  options: EndpointChoice,
): Promise<void> {
  const { fns, triggers, server } = await tools.api();
  const trigger = await triggers.get(await fns.get(app, fn), name);
  if (options.endpoint) tools.print(endpoint(server, app, trigger));
  else printPart(tools, trigger, part);
}

async function update(
  tools: Tools,
  app: string,
  fn: string,
  name: string,
  { source, annotation: annotations }: ChangeOptions,
): Promise<void> {
  const change = withoutUndefined({ source, annotations });
  checkChange(change);
  const { fns, triggers } = await tools.api();
  await triggers.update(await triggers.get(await fns.get(app, fn), name), change);
  tools.print(`${app} ${fn} ${name} updated`);
}

async function remove(tools: Tools, app: string, fn: string, name: string): Promise<void> {
  const { fns, triggers } = await tools.api();
  await triggers.remove(await triggers.get(await fns.get(app, fn), name));
  tools.print(`Trigger ${name} deleted`);
}
