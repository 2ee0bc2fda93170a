import { access, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FunctionFolder } from "../common/folder-image.ts";
import type { ContainerSource } from "./create-options.ts";

/** A folder as a container sees it: under its own name, read-only, with what Node looks for above it. */
export async function folderSource(
  functionsRoot: string,
  folder: FunctionFolder,
  nodeImage: string,
): Promise<ContainerSource> {
  const { path, command, neededPaths } = folder;
  const above = await neededAbove(await realpath(functionsRoot), path);
  return {
    engineImage: nodeImage,
    command,
    workingDir: path,
    readOnlyPaths: [path, ...above, ...neededPaths],
  };
}

export function isFolder(image: string): boolean {
  return image.startsWith("dir:");
}

/**
 * Node looks for modules and for the kind of a module in each folder above. Only these are shown: beside the function
 * lie others, and perhaps the node's database.
 */
async function neededAbove(root: string, path: string): Promise<string[]> {
  const needed: string[] = [];
  for (let folder = path; folder !== root; ) {
    folder = dirname(folder);
    for (const name of ["node_modules", "package.json"]) {
      const candidate = join(folder, name);
      if (await exists(candidate)) needed.push(candidate);
    }
  }
  return needed;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
