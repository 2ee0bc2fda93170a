import type { Command } from "commander";
import type { Tools } from "../common/tools.ts";

/** `fn version` */
export function defineVersion(command: Command, tools: Tools): void {
  command.action(async () => {
    tools.print(`Client version:  ${tools.io.version}`);
    // A server that does not answer is no failure of a command that also tells whether it does.
    tools.print(`Server version:  ${await tools.api.getServerVersion().catch(() => "?")}`);
  });
}
