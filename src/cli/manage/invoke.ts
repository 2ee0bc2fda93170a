import type { Command } from "commander";
import { cleanRoutePath } from "../../model/route.ts";
import { isNotFound } from "../api/json-api.ts";
import { CommandError, UsageError } from "../common/io.ts";
import { examples } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { addCallingOptions, type CallingOptions, callAndPrint, pathUrl, withBody } from "./calling.ts";
import { invokeUrl } from "./fns.ts";

/** `fn invoke` */
export function defineInvoke(command: Command, tools: Tools): void {
  addCallingOptions(command)
    .description("call a function by its name; what is piped in is the body")
    .addHelpText(
      "after",
      examples("fn invoke demo hello", `fn invoke demo hello '{"name":"Ada"}' --output json`),
    )
    .argument("<app>")
    .argument("<fn>")
    .argument("[body]", "the same as --data")
    .option("--endpoint <url>", "call this URL instead of looking for the function's")
    .action((app: string, fn: string, body: string | undefined, options: InvokeOptions) =>
      invoke(tools, app, fn, withBody(options, body)),
    );
}

interface InvokeOptions extends CallingOptions {
  readonly endpoint?: string;
}

async function invoke(tools: Tools, app: string, fn: string, options: InvokeOptions): Promise<void> {
  const url =
    options.endpoint === undefined ? await findUrl(tools, app, fn, options) : given(options.endpoint);
  await callAndPrint(tools, url, "POST", options);
}

function given(endpoint: string): URL {
  const url = URL.parse(endpoint);
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new UsageError(`--endpoint is '${endpoint}', which is not an http or https URL`);
}

/** The function of that name, else the route of that path: functions made as routes are known by it. */
async function findUrl(tools: Tools, app: string, name: string, options: InvokeOptions): Promise<URL> {
  const { apps, fns, routes, server } = await tools.api();
  const { id: appId } = await apps.get(app);
  const fn = await fns.find(appId, name);
  if (fn) return invokeUrl(server, fn);
  const path = cleanRoutePath(name);
  await routes.get(app, path).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new CommandError(`there is no function '${name}' in app '${app}'`);
  });
  return pathUrl(server, app, path, options);
}
