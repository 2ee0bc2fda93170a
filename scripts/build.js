// Compiles src/ to dist/, which is what the package has: JavaScript with source maps, the types of what is public, and whatever
// else the programs read. A checkout needs none of it. Types are checked by `npm run check`.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** What the exports of package.json name. */
const PUBLIC = ["kit/kit.ts"];

rmSync(dist, { recursive: true, force: true });
tsc("-p", "tsconfig.build.json");
for (const file of PUBLIC) {
  const outDir = join("dist", dirname(file));
  tsc(
    "--ignoreConfig",
    "--declaration",
    "--emitDeclarationOnly",
    "--target",
    "es2024",
    "--outDir",
    outDir,
    `src/${file}`,
  );
}
cpSync(join(root, "src"), dist, { recursive: true, filter: isAsset });

/** Folders that have no asset stay empty, and npm packs no empty folders. */
function isAsset(path) {
  return statSync(path).isDirectory() ? basename(path) !== "testdata" : extname(path) !== ".ts";
}

function tsc(...args) {
  const { status } = spawnSync(join(root, "node_modules", ".bin", "tsc"), args, {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}
