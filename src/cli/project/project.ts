/** Which functions there are below a folder, and what they are called on a server. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import Type from "typebox";
import { cleanRoutePath } from "../../model/route.ts";
import { CommandError } from "../common/io.ts";
import {
  FUNC_FILE_NAMES,
  type FuncFile,
  findFuncFile,
  parseChecked,
  readFuncFile,
  readIfThere,
} from "./func-file.ts";
import type { FuncSettings } from "./func-schema.ts";

/** A function's folder, with the names that follow from where it lies. */
export interface Project {
  readonly file: FuncFile;
  /** Those of the file. */
  readonly settings: FuncSettings;
  /** Of the function, unless its file says: `hello`, `users-list`. */
  readonly name: string;
  /** Path of its route or trigger, unless its file says: `/hello`, `/users/list`. */
  readonly path: string;
}

/** The file of an app: its folder is where the paths of its functions begin. */
export interface AppFile {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
}

/** The function of a folder. Errors: `CommandError` when it has no proper function file. */
export async function readProject(folder: string, app: AppFile | undefined): Promise<Project> {
  return named(await readFuncFile(folder), app);
}

/** All functions below a folder of an app, by path. Errors: `CommandError` when there are none, or one is not proper. */
export async function readProjects(app: AppFile): Promise<Project[]> {
  const folders = await foldersIn(app.folder);
  const files = await Promise.all(folders.map(findFuncFile));
  const found = files.filter((file) => file !== undefined);
  if (found.length === 0) throw new CommandError(`no functions found to deploy in ${app.folder}`);
  return found.map((file) => named(file, app));
}

/** The file of the app that a folder belongs to: its own, or that of the nearest folder above. */
export async function findAppFile(folder: string): Promise<AppFile | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    for (const name of ["app.yaml", "app.yml", "app.json"]) {
      const path = join(at, name);
      const text = await readIfThere(path);
      if (text !== undefined)
        return { folder: at, ...parseChecked<{ name: string }>(path, text, APP_SCHEMA) };
    }
    if (dirname(at) === at) return undefined;
  }
}

const APP_SCHEMA = Type.Object({ name: Type.String() });

/**
 * Below the file of an app, the way there is path and name; the folder of that file is `/`. Without one, a function is called
 * like its folder.
 */
function named(file: FuncFile, app: AppFile | undefined): Project {
  const { name, path } = file.settings;
  const way = app ? relative(app.folder, file.folder) : basename(file.folder);
  const isRoot = way === "";
  return {
    file,
    settings: file.settings,
    name: name ?? (isRoot && app ? `${app.name}-root` : way.replaceAll("/", "-")),
    path: path === undefined ? `/${way}` : cleanRoutePath(path),
  };
}

const SKIPPED: ReadonlySet<string> = new Set([".git", ".deployed", "node_modules"]);

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries
    .filter((entry) => entry.isDirectory() && !SKIPPED.has(entry.name))
    .map((entry) => foldersIn(join(folder, entry.name)));
  const isFunction = entries.some((entry) => FUNC_FILE_NAMES.some((name) => name === entry.name));
  return [...(isFunction ? [folder] : []), ...(await Promise.all(below)).flat()].sort();
}
