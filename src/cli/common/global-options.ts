import { type Command, Option } from "commander";

/** Options of every command that take a value, as they are written. */
export const GLOBAL_OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set([
  "--context",
  "--api-url",
  "--registry",
]);

/** Gives a command and all below it the options that every command has, unless it has one of that name itself. */
export function addGlobalOptions(command: Command): void {
  for (const option of globalOptions()) {
    const isTaken = command.options.some(
      ({ long, short }) => long === option.long || (short !== undefined && short === option.short),
    );
    if (!isTaken) command.addOption(option.helpGroup(HEADING));
  }
  command.addHelpOption(new Option("-h, --help", "print how it is used").helpGroup(HEADING));
  for (const child of command.commands) addGlobalOptions(child);
}

const HEADING = "Global options:";

function globalOptions(): Option[] {
  return [
    new Option("--context <name>", "use this context instead of the current one"),
    new Option("--api-url <url>", "the server or balancer to talk to"),
    new Option("--registry <registry>", "what names of images begin with"),
    new Option("-v, --verbose", "tell on standard error what is done"),
  ];
}
