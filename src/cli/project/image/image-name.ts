import { CommandError } from "../../common/io.ts";
import type { Project } from "../project.ts";

/** The image of a function: a name with a slash stands for itself, others belong to the registry, if there is one. */
export function imageName({ name }: Project, version: string, registry: string | undefined): string {
  const full = name.includes("/") || !registry ? name : `${registry.replace(/\/+$/, "")}/${name}`;
  return `${full.toLowerCase()}:${version}`;
}

/** Errors: `CommandError` for an image that no registry would know by its name. */
export function checkPushable(image: string): void {
  if (!image.includes("/")) {
    throw new CommandError(
      "image name must have a dockerhub owner or private registry. Be sure to set FN_REGISTRY env var or pass in --registry",
    );
  }
  if (!image.slice(image.lastIndexOf("/")).includes(":"))
    throw new CommandError("image name must have a tag");
}

/** `localhost:5000/sally/hello:0.0.1` in parts; Docker's own registry is the one that is not named. */
export function imageParts(image: string): { registry: string; repository: string; tag: string } {
  const colon = image.indexOf(":", image.lastIndexOf("/") + 1);
  const repository = colon < 0 ? image : image.slice(0, colon);
  const [first = "", ...rest] = repository.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return {
    registry: isHost ? first : DOCKER_HUB,
    repository,
    tag: colon < 0 ? "latest" : image.slice(colon + 1),
  };
}

/** As Docker's config file knows it. */
export const DOCKER_HUB = "https://index.docker.io/v1/";
