import { Command, Option } from "commander";
import type { Flag, Flags, Program } from "./flags.ts";
import { envNameOf } from "./settings.ts";

/** What a program answers to `-help`. */
export function helpText(program: Program<Flags>): string {
  const command = new Command(program.name)
    .description(program.summary)
    .helpOption("--help", "show this and end")
    .configureHelp({ showGlobalOptions: false });
  for (const [name, flag] of Object.entries(program.flags)) {
    command.addOption(toOption(name, flag, envNameOf(program, name)));
  }
  return command.helpInformation();
}

function toOption(name: string, flag: Flag<unknown>, env: string | undefined): Option {
  const spelled = name.length === 1 ? `-${name}` : `--${name}`;
  const option = new Option(flag.parse ? `${spelled} <${flag.placeholder}>` : spelled, flag.help);
  if (env !== undefined) option.env(env);
  const shown = flag.shown ?? String(flag.initial);
  // A default of nothing is not worth a word in the help.
  return flag.initial === false || shown === "" ? option : option.default(flag.initial, shown);
}
