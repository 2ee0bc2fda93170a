import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { promisify } from "node:util";
import type Docker from "dockerode";
import { hasImage, readProgress } from "./engine.ts";
import { tarOf } from "./tar.ts";

const NODE_IN_IMAGE = "/usr/local/bin/node";

/**
 * An engine gives what it mounts on a folder the mode of that folder, and makes folders that are missing above a working
 * directory for root alone: without this, a function that lies below /tmp could not write to /tmp.
 */
const TMP = { name: "tmp/", folderMode: 0o1777 };

/** Node tells of itself in well under a second. */
const QUESTION_TIMEOUT_MS = 20_000;

/** Node's own list of the shared libraries it has loaded, the dynamic linker among them. */
const LIBRARIES_SCRIPT =
  "process.report.excludeNetwork = true; JSON.stringify(process.report.getReport().sharedObjects)";

/**
 * Makes an image of a Node of this machine and the libraries it needs, and of nothing else, unless the engine has it;
 * answers its name. The tag follows from the files: another Node is another image.
 */
export async function ensureNodeImage(engine: Docker, nodePath: string, repository: string): Promise<string> {
  const libraries = await librariesOf(nodePath);
  const files = [{ name: NODE_IN_IMAGE, path: nodePath }, ...libraries.map((path) => ({ name: path, path }))];
  const tag = await fingerprintOf(files.map(({ path }) => path));
  const image = `${repository}:${tag}`;
  if (await hasImage(engine, image)) return image;
  const archive = tarOf([TMP, ...files.map(({ name, path }) => ({ name: name.slice(1), path }))]);
  await readProgress(await engine.importImage(archive, { repo: repository, tag }));
  return image;
}

async function librariesOf(nodePath: string): Promise<string[]> {
  const question = promisify(execFile)(nodePath, ["-p", LIBRARIES_SCRIPT], { timeout: QUESTION_TIMEOUT_MS });
  const objects: unknown = JSON.parse((await question).stdout);
  if (!Array.isArray(objects)) throw new Error(`${nodePath} does not tell which libraries it needs`);
  // The kernel's own (linux-vdso.so.1) is no file, and has no path.
  return objects.filter((object) => typeof object === "string" && isAbsolute(object) && object !== nodePath);
}

async function fingerprintOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(TMP));
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 12);
}
