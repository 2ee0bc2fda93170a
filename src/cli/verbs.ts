import { Command } from "commander";
import { COMMAND_GROUPS } from "./commands.ts";
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
    if (command) verb.command(nounBehind(name, group.name())).description(command.description());
  }
  verb.usage("<noun> ...").helpCommand(false);
}

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
