// Installs the dependencies when node_modules is missing or older than the lock file, so that `npm start`
// and `npm test` are the only commands a newcomer needs. Plain JavaScript and Node 20: it runs before the
// project's own Node is there.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// npm writes this file last, so a set-up that was cut off is noticed and done again.
const installedMark = join(root, "node_modules", ".package-lock.json");
const pinnedNode = join(root, "node_modules", "node", "bin", "node");

if (!isInstalled()) {
  process.stderr.write("hotfn: installing dependencies (once; takes about 20 seconds)\n");
  // Node itself is among what is for development.
  const npm = spawnSync("npm", ["ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.error) fail(`npm could not be run (${npm.error.message}). Install npm, then try again.`);
  if (npm.status !== 0) fail("'npm ci' failed, see above. Mend what it names, then try again.");
  if (!existsSync(pinnedNode)) {
    fail(
      "the project's own Node was not installed: npm must be allowed to run the install script of 'node'.",
    );
  }
}

function isInstalled() {
  if (!existsSync(installedMark) || !existsSync(pinnedNode)) return false;
  return statSync(installedMark).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function fail(sentence) {
  process.stderr.write(`hotfn: set-up failed: ${sentence}\n`);
  process.exit(1);
}
