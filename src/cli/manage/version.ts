import type { Command } from "commander";
import { addOptions, examples, type OutputChoice, outputOptions } from "../common/options.ts";
import { toSortedJson } from "../common/output.ts";
import type { Tools } from "../common/tools.ts";

/** `fn version` */
export function defineVersion(command: Command, tools: Tools): void {
  addOptions(command, outputOptions())
    .addHelpText("after", examples("fn version", "fn version --json"))
    .action(async ({ output }: OutputChoice) => {
      const { io, print } = tools;
      // A server that does not answer is no failure of a command that also tells whether it does.
      const api = await tools.api();
      const server = await api.serverVersion().catch(() => "?");
      if (output === "json") return print(toSortedJson({ client: io.version, server }));
      print(`Client version:  ${io.version}`);
      print(`Server version:  ${server}`);
    });
}
