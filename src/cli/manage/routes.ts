import type { Command } from "commander";
import { cleanRoutePath } from "../../model/route.ts";
import { callUrl } from "../api/server-url.ts";
import { CommandError, UsageError } from "../common/io.ts";
import {
  addOptions,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
} from "../common/options.ts";
import { property, table, toSortedJson } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";
import { defineCall } from "./call.ts";
import { defineConfig } from "./config-commands.ts";
import { addRouteOptions, checkImage, type RouteOptions, routeChange } from "./route-settings.ts";

/** `fn routes …` */
export function defineRoutes(routes: Command, tools: Tools): void {
  defineCall(routes.command("call"), tools);

  addRouteOptions(routes.command("create"), tools.io.env)
    .alias("c")
    .description("create a route, and its app if that is missing")
    .argument("<app>")
    .argument("</path>")
    .argument("[image]", "the same as --image")
    .action((app: string, path: string, image: string | undefined, options: RouteOptions) =>
      create(tools, app, cleanRoutePath(path), { ...options, image: checkImage(image ?? options.image) }),
    );

  addOptions(routes.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list the routes of an app")
    .argument("<app>")
    .action((app: string, options: PageChoice & OutputChoice) => list(tools, app, options));

  addOptions(routes.command("inspect"), outputOptions())
    .alias("i")
    .description("print a route, or a part of it, as JSON")
    .argument("<app>")
    .argument("</path>")
    .argument("[property.[key]]")
    .action((app: string, path: string, part: string | undefined) =>
      inspect(tools, app, cleanRoutePath(path), part),
    );

  addRouteOptions(routes.command("update"), tools.io.env)
    .alias("u")
    .description("change settings of a route; those not given stay")
    .argument("<app>")
    .argument("</path>")
    .action((app: string, path: string, options: RouteOptions) =>
      update(tools, app, cleanRoutePath(path), options),
    );

  routes
    .command("delete")
    .alias("d")
    .description("delete a route")
    .argument("<app>")
    .argument("</path>")
    .action((app: string, path: string) => remove(tools, app, cleanRoutePath(path)));

  defineConfig(
    routes,
    ["<app>", "</path>"],
    (app = "", path = "") => {
      const clean = cleanRoutePath(path);
      return {
        label: `${app} ${clean}`,
        title: `the route '${app}${clean}'`,
        read: async () => (await tools.api.getRoute(app, clean)).config ?? {},
        change: (config) => tools.api.updateRoute(app, clean, { config }),
      };
    },
    tools,
  );
}

async function create(
  { api, print }: Tools,
  app: string,
  path: string,
  options: RouteOptions,
): Promise<void> {
  await api.createRoute(app, { path, ...routeChange(options) });
  print(`${path} created with ${options.image}`);
}

async function list(tools: Tools, app: string, options: PageChoice & OutputChoice): Promise<void> {
  const { api, print } = tools;
  const page = await api.listRoutes(app, { limit: options.n, cursor: options.cursor });
  if (options.output === "json") print(toSortedJson(page.items));
  else {
    const rows = page.items.map(({ path, image }) => [path, image, endpoint(api.server, app, path)]);
    print(table([["path", "image", "endpoint"], ...rows]));
  }
  noteRest(tools, page);
}

/** Where to call a route, without the scheme. */
function endpoint(server: URL, app: string, path: string): string {
  const { host, pathname } = callUrl(server, app, path);
  return host + pathname;
}

async function inspect({ api, print }: Tools, app: string, path: string, part: string | undefined) {
  const resource = await api.getRoute(app, path);
  const value = part === undefined ? resource : property(resource, part);
  if (value === undefined) throw new CommandError("failed to inspect that route's field");
  print(toSortedJson(value));
}

async function update(
  { api, print }: Tools,
  app: string,
  path: string,
  options: RouteOptions,
): Promise<void> {
  if (options.image !== undefined) checkImage(options.image);
  const change = routeChange(options);
  if (Object.keys(change).length === 0) throw new UsageError("nothing to change: give at least one option");
  await api.updateRoute(app, path, change);
  print(`${app} ${path} updated`);
}

async function remove({ api, print }: Tools, app: string, path: string): Promise<void> {
  await api.deleteRoute(app, path);
  print(`${app} ${path} deleted`);
}
