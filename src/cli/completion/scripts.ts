import type { Word, WordTree } from "./words.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that a shell reads to complete the words of `fn`. */
export function completionScript(shell: Shell, tree: WordTree): string {
  return SCRIPTS[shell](tree);
}

const SCRIPTS: Readonly<Record<Shell, (tree: WordTree) => string>> = { bash, zsh, fish };

/** Options are offered once a dash is typed; files are what is left when no word fits. */
function bash(tree: WordTree): string {
  return `# fn completion for bash: source <(fn completion bash)
_fn_words() {
  case "$1" in
${cases(tree, (words) => `echo '${words.map(({ text }) => text).join(" ")}'`)}
  esac
}
_fn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" at word
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    if [[ -n "$word" && -n "$(_fn_words "\${path:+$path }$word")" ]]; then path="\${path:+$path }$word"; fi
  done
  COMPREPLY=()
  for word in $(compgen -W "$(_fn_words "$path")" -- "$current"); do
    if [[ "$word" != -* || "$current" == -* ]]; then COMPREPLY+=("$word"); fi
  done
}
complete -o default -F _fn fn
`;
}

function zsh(tree: WordTree): string {
  return `#compdef fn
# fn completion for zsh: source <(fn completion zsh)
_fn_words() {
  case "$1" in
${cases(tree, (words) => `reply=(${words.map((word) => quoted(`${word.text.replaceAll(":", "\\:")}:${summaryOf(word)}`)).join(" ")})`)}
    *) reply=(); return 1 ;;
  esac
}
_fn() {
  local -a reply
  local command="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n "$word" ]] && _fn_words "\${command:+$command }$word"; then command="\${command:+$command }$word"; fi
  done
  _fn_words "$command"
  _describe 'fn' reply || _files
}
compdef _fn fn
`;
}

function fish(tree: WordTree): string {
  const lines = [...tree].flatMap(([path, words]) =>
    words.map((word) => {
      const what = word.text.startsWith("--") ? `-l ${word.text.slice(2)}` : `-a ${word.text}`;
      return `complete -c fn -n ${quoted(`_fn_at ${quoted(path)}`)} ${what} -d ${quoted(summaryOf(word))}`;
    }),
  );
  return `# fn completion for fish: fn completion fish | source
function _fn_at
  set -l path ""
  for word in (commandline -opc)[2..]
    set -l longer (string trim "$path $word")
    if contains -- $longer $_fn_paths
      set path $longer
    end
  end
  test "$path" = "$argv[1]"
end
set -g _fn_paths ${[...tree.keys()].filter(Boolean).map(quoted).join(" ")}
${lines.join("\n")}
`;
}

function cases(tree: WordTree, body: (words: readonly Word[]) => string): string {
  return [...tree].map(([path, words]) => `    ${quoted(path)}) ${body(words)} ;;`).join("\n");
}

/** One line without what a shell would read in it. */
function summaryOf({ summary }: Word): string {
  return summary.replace(/[\\`$"']/g, "").replaceAll(":", " -");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
