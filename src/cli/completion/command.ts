import { Argument, Command } from "commander";
import { examples } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { defineCommands } from "../run.ts";
import { completionScript, SHELLS, type Shell } from "./scripts.ts";
import { wordTree } from "./words.ts";

/** `fn completion` */
export function defineCompletion(command: Command, tools: Tools): void {
  command
    .description("print a script that completes the words of fn")
    .addHelpText("after", examples("source <(fn completion bash)", "fn completion fish | source"))
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .action((shell: Shell) => print(tools, shell));
}

async function print(tools: Tools, shell: Shell): Promise<void> {
  const program = new Command("fn");
  // All of them, to know their options; no other command needs that.
  await defineCommands(program, tools, () => true);
  tools.print(completionScript(shell, wordTree(program)).trimEnd());
}
