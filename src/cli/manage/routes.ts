import type { Command } from "commander";
import { cleanRoutePath } from "../../model/route.ts";
import type { RouteChange } from "../api/resources.ts";
import { callUrl } from "../api/server-url.ts";
import {
  addOptions,
  examples,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
  parseRouteHeader,
} from "../common/options.ts";
import { printList, printPart } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";
import { defineCall } from "./call.ts";
import { defineConfig } from "./config-commands.ts";
import { addFnOptions, checkChange, checkImage, type FnOptions, fnChange } from "./fn-settings.ts";

/** `fn routes …` */
export function defineRoutes(routes: Command, tools: Tools): void {
  routes.addHelpText("after", examples("fn routes create demo /hello me/hello:0.0.1", "fn routes list demo"));

  defineCall(routes.command("call"), tools);

  addRouteOptions(routes.command("create"), tools)
    .alias("c")
    .description("create a route, and its app if that is missing")
    .addHelpText(
      "after",
      examples(
        "fn routes create demo /hello me/hello:0.0.1",
        "fn create route demo /hello dir:functions/hello -m 256",
      ),
    )
    .argument("<app>")
    .argument("</path>")
    .argument("[image]", "the same as --image")
    .action((app: string, path: string, image: string | undefined, options: RouteOptions) =>
      create(tools, app, cleanRoutePath(path), { ...options, image: checkImage(image ?? options.image) }),
    );

  addOptions(routes.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list the routes of an app")
    .addHelpText("after", examples("fn routes list demo", "fn list routes demo --json"))
    .argument("<app>")
    .action((app: string, options: PageChoice & OutputChoice) => list(tools, app, options));

  addOptions(routes.command("inspect"), outputOptions())
    .alias("i")
    .description("print a route, or a part of it, as JSON")
    .addHelpText(
      "after",
      examples("fn routes inspect demo /hello", "fn inspect route demo /hello config.GREETING"),
    )
    .argument("<app>")
    .argument("</path>")
    .argument("[property.[key]]")
    .action(async (app: string, path: string, part: string | undefined) => {
      const { routes } = await tools.api();
      printPart(tools, await routes.get(app, cleanRoutePath(path)), part);
    });

  addRouteOptions(routes.command("update"), tools)
    .alias("u")
    .description("change settings of a route; those not given stay")
    .addHelpText("after", examples("fn routes update demo /hello --timeout 60"))
    .argument("<app>")
    .argument("</path>")
    .action((app: string, path: string, options: RouteOptions) =>
      update(tools, app, cleanRoutePath(path), options),
    );

  routes
    .command("delete")
    .alias("d")
    .description("delete a route")
    .addHelpText("after", examples("fn routes delete demo /hello"))
    .argument("<app>")
    .argument("</path>")
    .action((app: string, path: string) => remove(tools, app, cleanRoutePath(path)));

  defineConfig(
    routes,
    { arguments: ["<app>", "</path>"], example: "demo /hello" },
    (app = "", path = "") => {
      const clean = cleanRoutePath(path);
      return {
        label: `${app} ${clean}`,
        title: `the route '${app}${clean}'`,
        read: async () => (await (await tools.api()).routes.get(app, clean)).config ?? {},
        change: async (config) => (await tools.api()).routes.update(app, clean, { config }),
      };
    },
    tools,
  );
}

interface RouteOptions extends FnOptions {
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

function addRouteOptions(command: Command, { io }: Tools): Command {
  return addFnOptions(command, io.env).option(
    "--headers <NAME=v1;v2>",
    "add headers to every answer; repeatable",
    parseRouteHeader,
  );
}

function changeOf(options: RouteOptions): RouteChange {
  return { ...fnChange(options), ...(options.headers && { headers: options.headers }) };
}

async function create(tools: Tools, app: string, path: string, options: RouteOptions): Promise<void> {
  const { routes } = await tools.api();
  await routes.create(app, { path, ...changeOf(options) });
  tools.print(`${path} created with ${options.image}`);
}

async function list(tools: Tools, app: string, options: PageChoice & OutputChoice): Promise<void> {
  const { routes, server } = await tools.api();
  const page = await routes.list(app, { limit: options.n, cursor: options.cursor });
  printList(tools, page.items, options, ["path", "image", "endpoint"], ({ path, image }) => [
    path,
    image,
    endpoint(server, app, path),
  ]);
  noteRest(tools, page);
}

/** Where to call a route, without the scheme. */
function endpoint(server: URL, app: string, path: string): string {
  const { host, pathname } = callUrl(server, app, path);
  return host + pathname;
}

async function update(tools: Tools, app: string, path: string, options: RouteOptions): Promise<void> {
  if (options.image !== undefined) checkImage(options.image);
  const change = changeOf(options);
  checkChange(change);
  const { routes } = await tools.api();
  await routes.update(app, path, change);
  tools.print(`${app} ${path} updated`);
}

async function remove(tools: Tools, app: string, path: string): Promise<void> {
  const { routes } = await tools.api();
  await routes.remove(app, path);
  tools.print(`${app} ${path} deleted`);
}
