/**
 * Both word orders of `fn` as one: `fn create app x` and `fn apps create x` are the same command, defined once, with the noun
 * first. The verbs that come first are those of today's Fn, the nouns that come first those of 2018.
 */

/** What commands are about, by all the words for it; the first one is the name of the group. */
export const NOUNS = {
  apps: ["apps", "app", "a"],
  fns: ["fns", "fn", "functions", "function", "funcs", "func", "f"],
  triggers: ["triggers", "trigger", "t"],
  routes: ["routes", "route"],
  calls: ["calls", "call"],
  logs: ["logs", "log"],
  contexts: ["contexts", "context", "ctx"],
  tokens: ["tokens", "token"],
} as const satisfies Record<string, readonly string[]>;

export type Noun = keyof typeof NOUNS;

/** Words that may stand in front of a noun. */
const VERBS: ReadonlySet<string> = new Set([
  "create",
  "list",
  "get",
  "inspect",
  "update",
  "delete",
  "use",
  "unset",
  "cancel",
  "redrive",
]);

/** Words for a verb that Fn has beside the verb itself. */
const VERB_ALIASES: ReadonlyMap<string, string> = new Map([
  ["ls", "list"],
  ["rm", "delete"],
]);

/** These are commands of their own when they come first: `fn call app /path`, `fn logs get`. */
const COMMANDS_TOO: ReadonlySet<string> = new Set(["call"]);

/**
 * The words of a command line with the noun first, everything behind them as it is. `optionsWithValue` are the options
 * that may stand in front of the command and take the word that follows them.
 */
export function nounFirst(argv: readonly string[], optionsWithValue: ReadonlySet<string>): string[] {
  const start = commandStart(argv, optionsWithValue);
  const options = argv.slice(0, start);
  const [first = "", second = "", third = "", ...rest] = argv.slice(start);
  const words = [first, second, third].slice(0, argv.length - start);
  return [...options, ...reordered(words), ...rest];
}

function reordered(words: readonly string[]): string[] {
  const [first = "", second, third] = words;
  const verb = VERB_ALIASES.get(first) ?? first;
  if (first === "config") {
    const noun = nounOf(second);
    return noun ? [noun, "config", "set", ...words.slice(2)] : [...words];
  }
  if (VERBS.has(verb)) {
    if (second === "config") {
      const noun = nounOf(third);
      return noun ? [noun, "config", verb === "delete" ? "unset" : verb] : [...words];
    }
    const noun = nounOf(second);
    return noun ? [noun, verb, ...words.slice(2)] : [verb, ...words.slice(1)];
  }
  const noun = COMMANDS_TOO.has(first) ? undefined : nounOf(first);
  if (!noun) return [...words];
  return second === undefined ? [noun] : [noun, VERB_ALIASES.get(second) ?? second, ...words.slice(2)];
}

/** The word that says which command it is; undefined when there are only options. */
export function commandWord(
  argv: readonly string[],
  optionsWithValue: ReadonlySet<string>,
): string | undefined {
  return argv[commandStart(argv, optionsWithValue)];
}

function nounOf(word: string | undefined): Noun | undefined {
  for (const [noun, names] of Object.entries(NOUNS) as [Noun, readonly string[]][]) {
    if (word !== undefined && names.includes(word)) return noun;
  }
  return undefined;
}

function commandStart(argv: readonly string[], optionsWithValue: ReadonlySet<string>): number {
  let at = 0;
  for (let word = argv[at]; word?.startsWith("-"); word = argv[at]) at += optionsWithValue.has(word) ? 2 : 1;
  return Math.min(at, argv.length);
}
