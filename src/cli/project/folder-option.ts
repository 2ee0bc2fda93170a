import { resolve } from "node:path";
import { Option } from "commander";
import type { Tools } from "../common/tools.ts";

/** `--working-dir` */
export function workingDirOption(): Option {
  return new Option("-w, --working-dir <dir>", "work in this folder instead of the current one");
}

/** The folder that a command is about. */
export function folderOf(tools: Tools, options: { readonly workingDir?: string }, dir = "."): string {
  return resolve(tools.io.cwd, options.workingDir ?? ".", dir);
}
