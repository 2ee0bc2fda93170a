import type { Command } from "commander";
import { NOUNS, type Noun } from "../word-order.ts";

/** A word that can stand somewhere on a command line. */
export interface Word {
  readonly text: string;
  readonly summary: string;
}

/** What can follow the words of a command, by these words: none for the program itself, `apps create`, `create app`. */
export type WordTree = ReadonlyMap<string, readonly Word[]>;

/** All words of a program whose commands are defined to the last, in both orders. */
export function wordTree(program: Command): WordTree {
  const tree = new Map<string, readonly Word[]>();
  add(tree, [], program);
  for (const verb of program.commands) {
    for (const noun of nounsBehind(verb)) {
      const command = program.commands.find(isNamed(noun))?.commands.find(isNamed(verb.name()));
      // `fn config app` sets a value.
      const meant = verb.name() === "config" ? command?.commands.find(isNamed("set")) : command;
      if (meant) for (const name of NOUNS[noun]) tree.set(`${verb.name()} ${name}`, wordsOf(meant));
    }
  }
  return tree;
}

/** The nouns that stand below a command, by their first names; none below what is no verb. */
function nounsBehind(verb: Command): readonly Noun[] {
  const below = verb.commands.map((each) => each.name());
  // The keys of the table are what its type says.
  return (Object.keys(NOUNS) as Noun[]).filter((noun) => NOUNS[noun].some((name) => below.includes(name)));
}

function isNamed(name: string): (command: Command) => boolean {
  return (command) => command.name() === name;
}

function add(tree: Map<string, readonly Word[]>, path: readonly string[], command: Command): void {
  tree.set(path.join(" "), wordsOf(command));
  for (const child of command.commands) add(tree, [...path, child.name()], child);
}

/** The commands below it, then its options. */
function wordsOf(command: Command): Word[] {
  const below = command.commands.map((each) => ({
    text: each.name(),
    summary: each.summary() || each.description(),
  }));
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .flatMap(({ long, description }) => (long ? [{ text: long, summary: description }] : []));
  return [...below, ...options, { text: "--help", summary: "print how it is used" }];
}
