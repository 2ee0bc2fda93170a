import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
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

/** Tells images of one repository from others, also those that have lost their name to a newer one. */
const LABEL = "hotfn.repository";

/** Node tells of itself in well under a second. */
const QUESTION_TIMEOUT_MS = 20_000;

/**
 * The shared libraries that Node has loaded, the dynamic linker among them, and what is in all of these files. Reading
 * them takes a quarter of a second, which this process does not have to spare. The kernel's own library
 * (linux-vdso.so.1) is no file, and has no path.
 */
const QUESTION = `
  process.report.excludeNetwork = true;
  const isFile = (path) => path.startsWith("/") && path !== process.execPath;
  const libraries = process.report.getReport().sharedObjects.filter(isFile);
  const digestOf = (path) => crypto.hash("sha256", fs.readFileSync(path));
  JSON.stringify({ libraries, digests: [process.execPath, ...libraries].map(digestOf) })
`;

/**
 * Makes an image of a Node of this machine and the libraries it needs, and of nothing else, unless the engine has it;
 * answers its name. The tag follows from what is in the files, wherever they are: another Node is another image. Those
 * of other Nodes go when a new one is made, unless a container uses them.
 */
export async function ensureNodeImage(engine: Docker, nodePath: string, repository: string): Promise<string> {
  const { libraries, digests } = await askNode(nodePath);
  const tag = createHash("sha256")
    .update(JSON.stringify([TMP, libraries, digests]))
    .digest("hex")
    .slice(0, 12);
  const image = `${repository}:${tag}`;
  if (await hasImage(engine, image)) return image;
  const files = [{ name: NODE_IN_IMAGE, path: nodePath }, ...libraries.map((path) => ({ name: path, path }))];
  const archive = tarOf([TMP, ...files.map(({ name, path }) => ({ name: name.slice(1), path }))]);
  const options = { repo: repository, tag, changes: `LABEL ${LABEL}=${repository}` };
  await readProgress(await engine.importImage(archive, options));
  await removeOthers(engine, repository, image);
  return image;
}

/** An engine keeps an image that a container uses; and one that is missed later is made again. */
async function removeOthers(engine: Docker, repository: string, image: string): Promise<void> {
  try {
    const images = await engine.listImages({ filters: { label: [`${LABEL}=${repository}`] } });
    const others = images.filter(({ RepoTags }) => !RepoTags?.includes(image));
    await Promise.allSettled(others.map(({ Id }) => engine.getImage(Id).remove()));
  } catch {
    // They only take room, which the next one may give back.
  }
}

interface NodeFiles {
  readonly libraries: readonly string[];
  /** Of the program itself, too. */
  readonly digests: readonly string[];
}

async function askNode(nodePath: string): Promise<NodeFiles> {
  const asking = promisify(execFile)(nodePath, ["-p", QUESTION], { timeout: QUESTION_TIMEOUT_MS });
  const answer: unknown = JSON.parse((await asking).stdout);
  if (typeof answer === "object" && answer !== null && "libraries" in answer && "digests" in answer) {
    const { libraries, digests } = answer;
    if (isTexts(libraries) && isTexts(digests)) return { libraries, digests };
  }
  throw new Error(`${nodePath} does not tell which libraries it needs`);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
