import { createHash } from "node:crypto";
import type Docker from "dockerode";
import { anchorProgram, isArchitecture } from "./anchor-program.ts";
import { hasImage, readProgress } from "./engine.ts";
import { tarOf } from "./tar.ts";

const REPOSITORY = "hotfn/anchor";
const PROGRAM = "anchor";

/**
 * Makes an image of the anchor program and of nothing else, unless the engine has it; answers its name. The tag follows
 * from the program. Throws when there is no program for this processor, and what the engine says.
 */
export async function ensureAnchorImage(
  engine: Docker,
  architecture: string = process.arch,
): Promise<string> {
  if (!isArchitecture(architecture)) throw new Error(`there is no anchor program for ${architecture}`);
  const bytes = anchorProgram(architecture);
  const tag = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const image = `${REPOSITORY}:${tag}`;
  if (await hasImage(engine, image)) return image;
  const archive = tarOf([{ name: PROGRAM, bytes }]);
  const options = { repo: REPOSITORY, tag, changes: `CMD ["/${PROGRAM}"]` };
  await readProgress(await engine.importImage(archive, options));
  return image;
}
