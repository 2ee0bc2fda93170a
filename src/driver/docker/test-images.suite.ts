/** For tests: images of functions, made from the Node that runs the test, on a real engine. */
import type Docker from "dockerode";
import { connectEngine, DEFAULT_DOCKER_HOST, isEngineThere } from "./engine.ts";
import { ensureNodeImage } from "./node-image.ts";

export const TEST_REPOSITORY = "hotfn-test";

/** One set for each test process: several may run on one engine. */
export const NODE_REPOSITORY = `${TEST_REPOSITORY}/node-${process.pid}`;

/** Why tests with an engine are skipped; false when they run. Where everything is required they run, and fail. */
export async function skipWithoutEngine(): Promise<string | false> {
  if (process.env.CI_REQUIRE_ALL === "true" || (await isEngineThere({}))) return false;
  return `no Docker engine answers on ${DEFAULT_DOCKER_HOST}`;
}

export interface TestImages {
  readonly engine: Docker;
  /** Makes an image whose command is Node with this script; answers its name. */
  add(name: string, script: string): Promise<string>;
  /** Removes the images from the engine. */
  remove(): Promise<void>;
}

export async function makeTestImages(): Promise<TestImages> {
  const engine = connectEngine(DEFAULT_DOCKER_HOST);
  const nodeImage = await ensureNodeImage(engine, process.execPath, NODE_REPOSITORY);
  const images = [nodeImage];
  return {
    engine,
    async add(name, script) {
      const repo = `${TEST_REPOSITORY}/${name}-${process.pid}`;
      const container = await engine.createContainer({ Image: nodeImage, Cmd: ["node", "-e", script] });
      await container.commit({ repo, tag: "1" });
      await container.remove();
      images.unshift(`${repo}:1`);
      return `${repo}:1`;
    },
    async remove() {
      for (const image of images) await engine.getImage(image).remove({ force: true });
    },
  };
}
