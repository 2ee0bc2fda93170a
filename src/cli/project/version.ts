import { CommandError } from "../common/io.ts";

export const VERSION_FIRST = "0.0.1";

export type Step = "major" | "minor" | "patch";

/** The version after this one: `0.0.1` to `0.0.2`, `0.1.0` or `1.0.0`; the first one when there is none yet. */
export function bumped(version: string | undefined, step: Step = "patch"): string {
  if (version === undefined) return VERSION_FIRST;
  const [, major = "", minor = "", patch = ""] = /^(\d+)\.(\d+)\.(\d+)$/.exec(version) ?? [];
  if (patch === "") throw new CommandError(`version ${version} is not in dotted-tri format: write a.b.c`);
  if (step === "major") return `${Number(major) + 1}.0.0`;
  if (step === "minor") return `${major}.${Number(minor) + 1}.0`;
  return `${major}.${minor}.${Number(patch) + 1}`;
}
