/** Functions as folders below a node's functions folder: one copy for each content, named by it. */
import { createHash } from "node:crypto";
import {
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { CommandError } from "../common/io.ts";
import type { FuncFile } from "./func-file.ts";
import { isThere } from "./is-there.ts";

/** How many copies of a function are kept: what runs now, and what ran before, whose calls may still be going on. */
export const COPIES_MAX = 3;

/** A copy in the making that is older than this belongs to a deployment that broke off. */
const UNFINISHED_AGE_MS = 3_600_000;
const UNFINISHED = ".new-";

/** Files that editors and version control keep for themselves. */
export function isSkipped(name: string): boolean {
  return name === ".git" || name === ".deployed" || name === ".DS_Store" || /~$|\.sw[a-z]$|^4913$/.test(name);
}

/** Where the copies of one function lie, below the functions folder. A name with slashes is one folder, too. */
export function copiesFolder(app: string, name: string): string {
  return join(".deployed", folderName(app), folderName(name));
}

/** Never `.` or `..`, which would lead elsewhere. */
function folderName(name: string): string {
  return encodeURIComponent(name).replace(/^\./, "%2E");
}

/** What is in a function's folder as a short text: another content has another. The version counts for nothing. */
export function contentHash(file: FuncFile): Promise<string> {
  return hashOf(file.folder, new Map([[basename(file.path), file.withVersion("0.0.0")]]));
}

export interface Copy {
  readonly file: FuncFile;
  /** Written into the copy. */
  readonly version: string;
  /** `contentHash` of the folder. */
  readonly hash: string;
  /** Absolute: where the copies of this function lie. */
  readonly copies: string;
  readonly nowMs: number;
}

/**
 * Copies a function's folder, whole or not at all: the copy has its name when it is finished. Nothing is done when it is
 * there already. Errors: `CommandError` when the folder changes meanwhile.
 */
export async function placeCopy({ file, version, hash, copies, nowMs }: Copy): Promise<void> {
  const place = join(copies, hash);
  // Deployed last, whenever it was made.
  if (await isThere(place)) return utimes(place, nowMs / 1000, nowMs / 1000);
  await mkdir(copies, { recursive: true });
  const unfinished = await mkdtemp(join(copies, UNFINISHED));
  try {
    await copyFolder(file.folder, unfinished);
    const name = basename(file.path);
    // A link would lead back to the file of the function.
    await rm(join(unfinished, name));
    await writeFile(join(unfinished, name), file.withVersion(version));
    const copied = await hashOf(unfinished, new Map([[name, file.withVersion("0.0.0")]]));
    if (copied !== hash) throw new CommandError("files changed while they were copied: deploy again");
    await chmod(unfinished, (await stat(file.folder)).mode);
    await utimes(unfinished, nowMs / 1000, nowMs / 1000);
    await rename(unfinished, place);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Somebody else has deployed the same.
    if (!(await isThere(place))) throw error;
  }
}

/** Copies what is in a function's folder into another that is there. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    // Shares the bytes where the file system can.
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => source === from || !isSkipped(basename(source)),
  });
}

/** Removes all but the newest copies, and what deployments that broke off have left. */
export async function removeOldCopies(copies: string, nowMs: number): Promise<void> {
  const names = await readdir(copies);
  const dated = await Promise.all(
    names.map(async (name) => ({
      path: join(copies, name),
      name,
      ms: (await lstat(join(copies, name))).mtimeMs,
    })),
  );
  dated.sort((a, b) => b.ms - a.ms);
  const finished = dated.filter(({ name }) => !name.startsWith(UNFINISHED));
  const broken = dated.filter(
    ({ name, ms }) => name.startsWith(UNFINISHED) && nowMs - ms > UNFINISHED_AGE_MS,
  );
  for (const { path } of [...finished.slice(COPIES_MAX), ...broken])
    await rm(path, { recursive: true, force: true });
}

async function hashOf(folder: string, replaced: ReadonlyMap<string, string>): Promise<string> {
  const hash = createHash("sha256");
  for (const path of await pathsIn(folder, "")) {
    const absolute = join(folder, path);
    const text = replaced.get(path);
    const info = await lstat(absolute);
    const isLink = text === undefined && info.isSymbolicLink();
    const content = text ?? (isLink ? await readlink(absolute) : await readFile(absolute));
    const isExecutable = text === undefined && (info.mode & 0o111) !== 0;
    hash.update(`${path}\0${isLink}\0${isExecutable}\0${Buffer.byteLength(content)}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Files and links, relative, in an order that does not depend on the file system. */
async function pathsIn(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const paths = entries
    .filter(({ name }) => !isSkipped(name))
    .map(async (entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return pathsIn(folder, path);
      return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
    });
  return (await Promise.all(paths)).flat().sort();
}
