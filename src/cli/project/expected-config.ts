import { CommandError } from "../common/io.ts";
import type { Tools } from "../common/tools.ts";
import type { Project } from "./project.ts";

/**
 * The variables that a function says it expects: those given, else those of the environment. Errors: `CommandError` for one
 * that is required and nowhere.
 */
export function expectedConfig(
  { io, note }: Tools,
  { settings }: Project,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const config = { ...given };
  for (const { name, required = false } of settings.expects?.config ?? []) {
    const value = config[name] ?? io.env[name] ?? settings.config?.[name];
    if (value !== undefined) config[name] = String(value);
    else if (required)
      throw new CommandError(
        `required env var ${name} not found: set it in the environment, or in the config of the function file`,
      );
    else note(`optional env var ${name} not found`);
  }
  return config;
}
