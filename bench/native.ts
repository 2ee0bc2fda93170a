import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Programs } from "./programs.ts";

const SOURCES = ["echo.c", "http.c"].map((name) =>
  fileURLToPath(new URL(`functions/native/${name}`, import.meta.url)),
);

/** Static, so that an image needs nothing besides it. */
const COMPILER = ["cc", "-O2", "-static"] as const;

const COMPILER_MISSING =
  "the function of this benchmark is a static program in C, and there is no compiler that makes one. " +
  "On Debian and Ubuntu: apt-get install gcc libc6-dev";

/**
 * Compiles the native echo function into a folder of its own, which is a function too, and gives the path of the
 * program. Throws with what to install when it cannot be compiled.
 */
export async function compileEcho(programs: Programs): Promise<string> {
  const program = join(programs.dir, "functions/echo/echo");
  mkdirSync(dirname(program), { recursive: true });
  try {
    await programs.run([...COMPILER, "-o", program, ...SOURCES]);
  } catch (error) {
    throw new Error(`${COMPILER_MISSING}. (${error instanceof Error ? error.message : error})`);
  }
  writeFileSync(join(dirname(program), "func.yaml"), "entrypoint: ./echo\n");
  return program;
}
