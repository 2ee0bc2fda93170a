import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Stage } from "./bench.ts";
import { BARE, DOCKER_HOST, Engine } from "./engine.ts";
import { compileEcho } from "./native.ts";
import type { Command, Programs } from "./programs.ts";

/** The native echo function, for a node to run, and copies of it that run without a node, in the same kind of container. */
export interface Echo {
  /** As a route names it. */
  readonly image: string;
  /** Where a node finds it. */
  readonly functionsRoot: string;
  /** Starts a copy with format `http-stream`, and gives the socket where it listens. */
  startOnSocket(): Promise<string>;
  /** How `peers/stdio-relay.ts` gets a copy with format `http`. */
  stdioPeer(): Promise<Command>;
}

/** Compiles the function and, for Docker, makes its image. */
export async function openEcho({ programs, driver }: Stage): Promise<Echo> {
  const program = await compileEcho(programs);
  if (driver === "process") return processEcho(programs, program);
  return containerEcho(await Engine.open(programs, program), programs.dir);
}

function processEcho(programs: Programs, program: string): Echo {
  return {
    image: "dir:echo",
    functionsRoot: dirname(dirname(program)),
    async startOnSocket() {
      const socketPath = join(mkdtempSync(join(programs.dir, "c-")), "lsnr.sock");
      await programs.start([program, "http-stream"], { FN_LISTENER: `unix:${socketPath}` });
      return socketPath;
    },
    stdioPeer: async () => ["process", program, "http"],
  };
}

function containerEcho(engine: Engine, functionsRoot: string): Echo {
  return {
    image: engine.image,
    functionsRoot,
    startOnSocket: async () => (await engine.startListening()).socketPath,
    stdioPeer: async () => ["docker", DOCKER_HOST, (await engine.create({ ...BARE, format: "http" })).id],
  };
}
