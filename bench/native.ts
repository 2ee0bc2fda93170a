import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Programs } from "./programs.ts";

const folder = fileURLToPath(new URL("functions/native/", import.meta.url));

/** What the functions share. */
const COMMON = ["socket.c", "http.c"];

/** Static, so that an image needs nothing besides it. */
const COMPILER = ["cc", "-O2", "-static"] as const;

const COMPILER_MISSING =
  "what this benchmark calls is a static program in C, and there is no compiler that makes one. " +
  "On Debian and Ubuntu: apt-get install gcc libc6-dev";

/** As `compileNative`, of the function that answers with the body of the call. */
export function compileEcho(programs: Programs): Promise<string> {
  return compileNative(programs, "echo", "");
}

/** As `compileNative`, of the function that sleeps as long as it is told. */
export function compileSleep(programs: Programs): Promise<string> {
  return compileNative(programs, "sleep", "format: http-stream\n");
}

/** Compiles what stands in for the nodes of a balancer, and gives the path of the program. Throws as the others. */
export async function compileBackend(programs: Programs): Promise<string> {
  const program = join(programs.dir, "backend");
  await compile(programs, program, ["backend.c"]);
  return program;
}

/**
 * Compiles a native function into a folder of its own, which is a function too, with these settings, and gives the path
 * of the program. Throws with what to install when it cannot be compiled.
 */
async function compileNative(programs: Programs, name: string, settings: string): Promise<string> {
  const program = join(programs.dir, "functions", name, name);
  mkdirSync(dirname(program), { recursive: true });
  await compile(programs, program, [`${name}.c`, ...COMMON]);
  writeFileSync(join(dirname(program), "func.yaml"), `entrypoint: ./${name}\n${settings}`);
  return program;
}

async function compile(programs: Programs, program: string, files: readonly string[]): Promise<void> {
  const sources = files.map((file) => join(folder, file));
  try {
    await programs.run([...COMPILER, "-o", program, ...sources]);
  } catch (error) {
    throw new Error(`${COMPILER_MISSING}. (${error instanceof Error ? error.message : error})`);
  }
}
