/** For tests: functions in a temporary folder, and what is left of them. */
import { mkdir, mkdtemp, readdir, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Each takes some milliseconds. */
const LOOKS_MAX = 200;

export interface TempFunctions {
  readonly functionsRoot: string;
  readonly workDir: string;
  /** Makes a function of a command; answers its image. */
  add(name: string, entrypoint: readonly string[]): Promise<string>;
  /** Makes the folder of a function with this function file. */
  addFile(name: string, funcFile: string, fileName?: string): Promise<string>;
  /** Processes that work in one of the folders. */
  pids(): Promise<number[]>;
  /** Removes the folders and ends what still works in them, which is what it answers. */
  remove(): Promise<number[]>;
}

export async function makeTempFunctions(): Promise<TempFunctions> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "fn-")));
  const functionsRoot = join(root, "functions");
  await mkdir(functionsRoot);

  async function addFile(name: string, funcFile: string, fileName = "func.yaml"): Promise<string> {
    await mkdir(join(functionsRoot, name), { recursive: true });
    await writeFile(join(functionsRoot, name, fileName), funcFile);
    return `dir:${name}`;
  }

  return {
    functionsRoot,
    workDir: join(root, "work"),
    add: (name, entrypoint) => addFile(name, JSON.stringify({ entrypoint })),
    addFile,
    pids: () => pidsIn(root),
    async remove() {
      const pids = await pidsLeftIn(root);
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await rm(root, { recursive: true, force: true });
      return pids;
    },
  };
}

/** One that has been killed is there until the kernel has come to it, which takes a moment on a busy machine. */
async function pidsLeftIn(root: string): Promise<number[]> {
  let pids = await pidsIn(root);
  for (let looks = 1; pids.length > 0 && looks < LOOKS_MAX; looks++) pids = await pidsIn(root);
  return pids;
}

async function pidsIn(root: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return pids.filter((_pid, i) => folders[i]?.startsWith(`${root}/`)).map(Number);
}
