import type { Command } from "commander";
import { cleanRoutePath } from "../../model/route.ts";
import { examples, parseMethod } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { addCallingOptions, type CallingOptions, callAndPrint, pathUrl, withBody } from "./calling.ts";

/** `fn call`, which is also `fn routes call`. */
export function defineCall(command: Command, tools: Tools): void {
  addCallingOptions(command)
    .description("call a function; what is piped in is the body, and the answer goes to standard output")
    .addHelpText("after", examples("fn call demo /hello", 'echo \'{"name":"Ada"}\' | fn call demo /hello'))
    .argument("<app>")
    .argument("</path>", "may have a query: /hello?name=Ada")
    .argument("[body]", "the same as --data")
    .option("--method <method>", "HTTP method; POST with a body, else GET", parseMethod)
    .action((app: string, path: string, body: string | undefined, options: CallOptions) =>
      call(tools, app, path, withBody(options, body)),
    );
}

interface CallOptions extends CallingOptions {
  readonly method?: string;
}

async function call(tools: Tools, app: string, target: string, options: CallOptions): Promise<void> {
  const { server } = await tools.settings();
  const [typed = "", query] = target.split(/\?(.*)/s);
  const url = pathUrl(server, app, cleanRoutePath(typed), options);
  if (query !== undefined) url.search = query;
  await callAndPrint(tools, url, options.method, options);
}
