import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ContainerParts } from "./container.ts";

/**
 * What a shell reads from its standard input to become the container's first process: with exactly its environment, in
 * its folder, and without input.
 *
 * Undefined when that cannot be said in a script, and when the program is not there or may not be executed: whoever
 * spawns it without a shell is told why. Undefined also for a container that talks through its standard streams, since
 * a shell may read more of its input than its script.
 */
export function shellScript({ command, folder, env, socketPath }: ContainerParts): string | undefined {
  if (socketPath === undefined || !isProgram(command[0], folder, env.PATH ?? "")) return undefined;
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  // Not the shell's own `export`, which refuses names that are not its own, and values for some that are.
  const words = ["exec", "env", "-i", "--", ...[...variables, ...command].map(quoted)];
  const script = `cd ${quoted(folder)} && ${words.join(" ")} </dev/null\n`;
  return script.includes("\0") ? undefined : script;
}

/** Whether `env` finds the program where the system would: its name leads there, or a folder of PATH has it. */
function isProgram(name: string, folder: string, path: string): boolean {
  // `env` would take it for a variable.
  if (name.includes("=")) return false;
  if (name.includes("/")) return isExecutable(resolve(folder, name));
  return path.split(":").some((place) => isExecutable(resolve(folder, place, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** As one word of a shell. Source: POSIX.1-2017, Shell Command Language, 2.2.2. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
