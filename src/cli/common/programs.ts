import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** The programs of this package that `fn` starts: each is a process of its own. */
export type ProgramName = "fn" | "fnserver" | "fnlb";

/** The file that Node runs for a program: TypeScript in a checkout, compiled where this file is compiled. */
export function programFile(name: ProgramName): string {
  return fileURLToPath(new URL(`../../main/${name}${extname(import.meta.url)}`, import.meta.url));
}
