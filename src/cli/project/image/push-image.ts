import type Docker from "dockerode";
import type { Tools } from "../../common/tools.ts";
import { findCredentials } from "./credentials.ts";
import { follow } from "./engine.ts";
import { checkPushable, imageParts } from "./image-name.ts";
import { showProgress } from "./progress.ts";

/** Pushes an image to the registry in its name. Errors: `CommandError`, also with what the registry said. */
export async function pushImage({ io, print }: Tools, engine: Docker, image: string): Promise<void> {
  checkPushable(image);
  const { registry, repository, tag } = imageParts(image);
  const authconfig = await findCredentials(registry, io.env);
  print(`Pushing ${image} to docker registry...`);
  const stream = await engine.getImage(repository).push({ tag, ...(authconfig ? { authconfig } : {}) });
  await follow(stream, showProgress(io.stderr));
}
