/** The package as somebody gets it who installs it: programs, types, and a function in a minute. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { freePorts, processesWith, projectRoot } from "./support/programs.ts";

/** Short, since sockets of functions live below it. */
const dir = mkdtempSync(join(tmpdir(), "hotfn-"));
const home = join(dir, "home");
const prefix = join(dir, "prefix");
const installed = join(prefix, "lib/node_modules/hotfn");
const work = join(dir, "work");

/** Those of whoever runs the tests: npm finds there what it has fetched before. */
const npmEnv = { ...process.env, PATH: pathWith(dirname(process.execPath)) };
const userEnv = { PATH: pathWith(join(prefix, "bin"), dirname(process.execPath)), HOME: home };

const run = promisify(execFile);

before(async () => {
  for (const folder of [home, work]) mkdirSync(folder);
  await run("npm", ["pack", "--silent", "--pack-destination", dir], { cwd: projectRoot, env: npmEnv });
  const [tarball = ""] = readdirSync(dir).filter((name) => name.endsWith(".tgz"));
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", "-g", "--prefix", prefix, ...quiet, join(dir, tarball)], { env: npmEnv });
});
after(() => rmSync(dir, { recursive: true, force: true }));

describe("the package", () => {
  test("passes what publint knows of packages", async () => {
    await run(process.execPath, [
      join(projectRoot, "node_modules/publint/src/cli.js"),
      installed,
      "--strict",
    ]);
  });

  for (const program of ["fn", "fnserver", "fnlb", "fnlb-test-harness"]) {
    test(`has ${program}, which explains itself`, async () => {
      const { stdout } = await run(program, ["--help"], { env: userEnv });
      assert.ok(stdout.startsWith(`Usage: ${program} `), stdout);
    });
  }

  test("has JavaScript with source maps, and no tests", () => {
    const files = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" });
    const scripts = files.filter((file) => file.endsWith(".js"));
    assert.ok(scripts.length > 100);
    assert.deepEqual(
      scripts.filter((file) => !files.includes(`${file}.map`)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /\.(test|suite)\.|testdata/.test(file)),
      [],
    );
  });

  test("brings no Node of its own", () => {
    assert.ok(!existsSync(join(installed, "node_modules/node")));
  });

  test("has the types of hotfn/kit", async () => {
    const script = 'console.log(import.meta.resolve("hotfn/kit"))';
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: installed });
    assert.ok(existsSync(new URL(stdout.trim().replace(/\.js$/, ".d.ts"))));
  });

  test("takes a developer from nothing to an answer, and leaves nothing running", async (t) => {
    const port = await freePorts(3);
    const env = { ...userEnv, FN_API_URL: `http://127.0.0.1:${port}`, FN_IOFS_PATH: join(dir, "io") };
    const fn = async (args: string, cwd = work) => {
      const running = run("fn", args.split(" "), { env, cwd });
      // Its body would be what comes from there.
      running.child.stdin?.end();
      return (await running).stdout;
    };
    t.after(() => fn("stop"));

    await fn(`start -d --nodes 2 --port ${port} --driver process`);
    await fn("init --runtime typescript hello");
    await fn("deploy --app demo --local", join(work, "hello"));
    assert.match(await fn("invoke demo hello"), /Hello World/);
    assert.match(await fn("status"), /^functions +1$/m);
    await fn("stop");
    assert.deepEqual(processesWith(dir), []);
  });
});

function pathWith(...folders: readonly string[]): string {
  return [...folders, process.env.PATH ?? ""].join(delimiter);
}
