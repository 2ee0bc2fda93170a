import { type Argument, Command, CommanderError } from "commander";
import { SERVER_URL_DEFAULT } from "./api/server-url.ts";
import { COMMAND_GROUPS } from "./commands.ts";
import { addGlobalOptions, GLOBAL_OPTIONS_WITH_VALUE } from "./common/global-options.ts";
import { CommandError, type Io, UsageError } from "./common/io.ts";
import { createTools, type Tools } from "./common/tools.ts";
import type { GlobalFlags } from "./context/settings.ts";
import { commandWord, nounFirst } from "./word-order.ts";

/** Exit codes: the command did what it was asked for, it failed, it was used in a wrong way. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** Runs one command line of `fn`, without the name of the program, and gives its exit code. */
export async function runFn(argv: readonly string[], io: Io): Promise<number> {
  // Held back until it is known whether this is the help that was meant, or a complaint.
  let complaint = "";
  let flags: GlobalFlags = {};
  const program = createProgram(io, (text) => {
    complaint += text;
  });
  program.hook("preAction", (_, command) => {
    flags = command.optsWithGlobals<GlobalFlags>();
  });

  try {
    const words = nounFirst(helpLast(argv), GLOBAL_OPTIONS_WITH_VALUE);
    const word = commandWord(words, GLOBAL_OPTIONS_WITH_VALUE);
    await defineCommands(
      program,
      createTools(io, () => flags),
      (name) => name === word,
    );
    // What is unknown is complained about, even if its help was asked for.
    const isUnknown = word !== undefined && !program.commands.some((each) => each.name() === word);
    await program.parseAsync(isUnknown ? [word] : words, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      // A group without a command prints its help, which is what was asked for.
      const isHelp = error.exitCode === 0 || error.code === "commander.help";
      (isHelp ? io.stdout : io.stderr).write(complaint);
      return isHelp ? EXIT.ok : EXIT.usage;
    }
    io.stderr.write(`ERROR: ${error instanceof Error ? error.message : String(error)}\n`);
    if (flags.verbose && error instanceof Error && !(error instanceof CommandError)) {
      io.stderr.write(`${error.stack}\n`);
    }
    return error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
}

/** Adds all commands by name, but only those that are `wanted` with what is in them: help stays quick. */
export async function defineCommands(
  program: Command,
  tools: Tools,
  wanted: (name: string) => boolean,
): Promise<void> {
  for (const { heading, commands } of COMMAND_GROUPS) {
    program.commandsGroup(`${heading}:`);
    for (const { name, summary, load } of commands) {
      const command = program.command(name).summary(summary).description(summary).helpCommand(false);
      if (wanted(name)) await (await load())(command, tools);
    }
  }
  addGlobalOptions(program);
}

function createProgram(io: Io, complain: (text: string) => void): Command {
  return (
    new Command("fn")
      .description("Functions on your own machines: write them, deploy them, call them.")
      .usage("[options] <command>")
      .version(`fn version ${io.version}`, "--version", "print the version of this program")
      // A command has options of the same names, with other meanings: `fn init --version 0.0.2`.
      .enablePositionalOptions()
      .helpCommand(false)
      .configureHelp({ subcommandTerm })
      .addHelpText("after", EPILOGUE)
      .configureOutput({
        writeOut: (text) => void io.stdout.write(text),
        writeErr: complain,
        outputError: (text, write) => write(text.replace(/^error: /, "ERROR: ")),
      })
      .exitOverride()
  );
}

/** Every command has options, so that it need not be said of each. */
function subcommandTerm(command: Command): string {
  const { registeredArguments } = command;
  return [command.name(), ...registeredArguments.map((argument) => shownArgument(argument))].join(" ");
}

function shownArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

const EPILOGUE = `
'fn create app demo' and 'fn apps create demo' are the same; each command has its own --help.

Environment, which wins over the context, as options win over both:
  FN_API_URL   the server or balancer to talk to (default: ${SERVER_URL_DEFAULT})
  FN_TOKEN     sent as a bearer token with every request
  FN_REGISTRY  what names of images begin with
  FN_CONTEXT   the context to use
`;

/** `fn help apps create` is `fn apps create --help`. */
function helpLast(argv: readonly string[]): readonly string[] {
  return argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
}
