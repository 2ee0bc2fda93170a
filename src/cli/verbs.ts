import { Command } from "commander";
import { COMMAND_GROUPS } from "./commands.ts";
import { examples } from "./common/options.ts";
import type { Tools } from "./common/tools.ts";
import { NOUNS, type Noun } from "./word-order.ts";

/**
 * A verb that stands first, with the nouns it may be about, for its help and for complaints: with a known noun behind it,
 * the command is read as that of the noun (`nounFirst`).
 */
export async function defineVerb(verb: Command, tools: Tools): Promise<void> {
  const name = verb.name();
  for (const group of await loadNouns(tools)) {
    const command = group.commands.find((each) => each.name() === name);
    if (!command) continue;
    const behind = verb.command(nounBehind(name, group.name())).description(command.description());
    for (const argument of command.registeredArguments) behind.addArgument(argument);
  }
  verb.usage("<noun> ...").helpCommand(false);
  verb.addHelpText("after", examples(...(EXAMPLES.get(name) ?? [])));
}

const EXAMPLES: ReadonlyMap<string, readonly string[]> = new Map([
  ["create", ["fn create app demo", "fn create trigger demo hello greet --source /greet"]],
  ["list", ["fn list apps", "fn list fns demo --json"]],
  ["inspect", ["fn inspect fn demo hello", "fn inspect app demo config.GREETING"]],
  ["update", ["fn update fn demo hello --memory 256"]],
  ["delete", ["fn delete app demo", "fn delete config app demo GREETING"]],
  ["get", ["fn get call demo last", "fn get config app demo GREETING"]],
  ["config", ["fn config app demo GREETING Hello"]],
  ["unset", ["fn unset config app demo GREETING", "fn unset context"]],
  ["use", ["fn use context prod"]],
  ["cancel", ["fn cancel call demo last"]],
  ["redrive", ["fn redrive calls demo --all"]],
]);

/** A noun as it is said behind a verb: `list apps`, but `create app`. */
function nounBehind(verb: string, noun: string): string {
  const [many = noun, one = noun] = isNoun(noun) ? NOUNS[noun] : [];
  return verb === "list" ? many : one;
}

/** The groups of all nouns, with what is in them. */
async function loadNouns(tools: Tools): Promise<readonly Command[]> {
  const entries = COMMAND_GROUPS.flatMap(({ commands }) => commands).filter(({ name }) => isNoun(name));
  return await Promise.all(
    entries.map(async ({ name, load }) => {
      const group = new Command(name);
      await (await load())(group, tools);
      return group;
    }),
  );
}

function isNoun(word: string): word is Noun {
  return Object.hasOwn(NOUNS, word);
}
