/** `fn` about the folder of a function, as people type it, against a node with the process driver. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { before, describe, type TestContext, test } from "node:test";
import { skipWithoutEngine } from "../src/driver/docker/test-images.suite.ts";
import { engine, ownerOfSuite } from "./support/docker.ts";
import { eventually, type NodeRig, type Owner, projectRoot, startNode, tempDir } from "./support/programs.ts";

const skipped = await skipWithoutEngine();

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where people work: a folder for their functions, and a node that runs them. */
interface Desk {
  readonly node: NodeRig;
  readonly folder: string;
  readonly functionsRoot: string;
  /** Types a command in a folder below; what is piped in is the input. */
  fn(at: string, argv: readonly string[], input?: string): Promise<Ran>;
}

async function startDesk(owner: Owner): Promise<Desk> {
  const folder = tempDir(owner);
  const functionsRoot = tempDir(owner);
  const node = await startNode(owner, { args: ["-functions-root", functionsRoot] });
  return {
    node,
    folder,
    functionsRoot,
    async fn(at, argv, input) {
      const child = spawnFn(node.url, join(folder, at), argv);
      child.stdin.end(input ?? "");
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "exit"),
      ]);
      return { code, stdout, stderr };
    },
  };
}

function spawnFn(url: string, cwd: string, argv: readonly string[]) {
  const { PATH, DOCKER_HOST } = process.env;
  const env = { PATH, DOCKER_HOST, HOME: cwd, FN_API_URL: url };
  return spawn(process.execPath, [join(projectRoot, "src/main/fn.ts"), ...argv], { cwd, env, stdio: "pipe" });
}

const ok = ({ code, stderr, stdout }: Ran) => {
  assert.equal(code, 0, stderr);
  return stdout;
};

let desk: Desk;
const owner = ownerOfSuite();
before(async () => {
  desk = await startDesk(owner);
});
const fn: Desk["fn"] = (...args) => desk.fn(...args);
const file = (path: string) => join(desk.folder, path);
const body = async (path: string, sent?: string) => {
  const answer = await fetch(
    `${desk.node.url}${path}`,
    sent === undefined ? {} : { method: "POST", body: sent },
  );
  return answer.text();
};

/** A module that answers with this text. */
const answering = (word: string) => `export default () => "${word}";\n`;

describe("from an empty folder to a called function", () => {
  for (const runtime of ["typescript", "node", "python"]) {
    const skip =
      runtime === "python" && !existsSync("/usr/bin/python3") ? "there is no /usr/bin/python3" : false;
    test(`in ${runtime}: init, test, deploy, invoke`, { skip }, async () => {
      ok(await fn("", ["init", "--runtime", runtime, runtime]));
      assert.match(ok(await fn(runtime, ["test"])), /tests run: 2 passed, 0 failed/);
      ok(await fn(runtime, ["deploy", "--app", "demo", "--local"]));
      const answer = ok(await fn("", ["invoke", "demo", runtime, '{"name":"Ada"}']));
      assert.deepEqual(JSON.parse(answer), { message: "Hello Ada" });
    });
  }

  test("it answers by its name and by both kinds of paths", async () => {
    ok(await fn("", ["init", "--runtime", "node", "paths"]));
    ok(await fn("paths", ["deploy", "--app", "demo"]));
    for (const path of ["/r/demo/paths", "/t/demo/paths"]) {
      assert.deepEqual(JSON.parse(await body(path)), { message: "Hello World" });
    }
  });

  test("what init writes has the schema for editors, and nothing is overwritten", async () => {
    ok(await fn("", ["init", "--runtime", "node", "-m", "64", "-c", "A=1", "written"]));
    const written = readFileSync(file("written/func.yaml"), "utf8");
    assert.match(
      written,
      /^# yaml-language-server: \$schema=\.\/node_modules\/hotfn\/docs\/func\.schema\.json$/m,
    );
    assert.match(written, /memory: 64\n/);
    assert.match(written, /config:\n {2}A: "1"\n/);
    const again = await fn("written", ["init", "--runtime", "node"]);
    assert.deepEqual([again.code, again.stdout], [1, ""]);
    assert.equal(readFileSync(file("written/func.yaml"), "utf8"), written);
  });
});

describe("fn deploy", () => {
  test("raises the version, and again only when something is different", async () => {
    ok(await fn("", ["init", "--runtime", "node", "same"]));
    assert.match(ok(await fn("same", ["deploy", "--app", "demo"])), /Deployed version 0\.0\.2/);
    const before = readFileSync(file("same/func.yaml"), "utf8");
    assert.equal(
      ok(await fn("same", ["deploy", "--app", "demo"])),
      "function same of app demo is up to date\n",
    );
    assert.equal(readFileSync(file("same/func.yaml"), "utf8"), before);
  });

  test("says what it changes", async () => {
    ok(await fn("", ["init", "--runtime", "node", "-m", "128", "told"]));
    ok(await fn("told", ["deploy", "--app", "demo"]));
    const path = file("told/func.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("memory: 128", "memory: 256"));
    const said = ok(await fn("told", ["deploy", "--app", "demo", "--no-bump"]));
    assert.match(said, /^ {2}memory: 128 -> 256$/m);
    assert.match(said, /^ {2}image: dir:\S+ -> dir:\S+$/m);
  });

  test("deploys a file of 2018 as a route", async () => {
    mkdirSync(file("old"));
    writeFileSync(file("old/func.yaml"), "entrypoint: fn-kit func.js\nformat: http\npath: /x/old\n");
    writeFileSync(file("old/func.js"), answering("old"));
    ok(await fn("old", ["deploy", "--app", "demo"]));
    assert.equal(await body("/r/demo/x/old"), '"old"');
    assert.match(readFileSync(file("old/func.yaml"), "utf8"), /^version: 0\.0\.1\n/);
  });

  test("deploys all functions of an app, by their ways from its file", async () => {
    for (const folder of ["shop/", "shop/users/list/"]) {
      mkdirSync(file(folder), { recursive: true });
      writeFileSync(file(`${folder}func.yaml`), "entrypoint: fn-kit func.js\n");
      writeFileSync(file(`${folder}func.js`), answering(folder));
    }
    writeFileSync(file("shop/app.yaml"), "name: shop\n");
    ok(await fn("shop", ["deploy", "--all"]));
    assert.equal(await body("/r/shop/users/list"), '"shop/users/list/"');
    assert.equal(await body("/r/shop/"), '"shop/"');
    ok(await fn("shop/users/list", ["deploy"]));
    assert.match(
      ok(await fn("", ["list", "fns", "shop"])),
      /shop-root[\s\S]*users-list|users-list[\s\S]*shop-root/,
    );
  });

  for (const [title, argv, content, sentence] of [
    ["no function file", ["--app", "x"], undefined, /^ERROR: could not find function file/],
    ["no app", [], "entrypoint: x\n", /^ERROR: app name must be provided, try --app APP_NAME/],
    [
      "a mistake in the file, with its place",
      ["--app", "x"],
      "memory: lots\n",
      /^ERROR: func\.yaml:1:9: 'memory' must/,
    ],
  ] as const) {
    test(`fails with one sentence: ${title}`, async () => {
      const folder = title.replaceAll(/\W/g, "");
      mkdirSync(file(folder));
      if (content !== undefined) writeFileSync(file(`${folder}/func.yaml`), content);
      const ran = await fn(folder, ["deploy", ...argv]);
      assert.deepEqual([ran.code, ran.stdout], [1, ""]);
      assert.match(ran.stderr, sentence);
      assert.equal(ran.stderr.split("\n").length, 2);
    });
  }

  test("keeps the last three copies", async () => {
    ok(await fn("", ["init", "--runtime", "node", "copies"]));
    for (const word of ["1", "2", "3", "4", "5"]) {
      writeFileSync(file("copies/func.js"), answering(word));
      ok(await fn("copies", ["deploy", "--app", "demo"]));
    }
    assert.equal(readdirSync(join(desk.functionsRoot, ".deployed/demo/copies")).length, 3);
    assert.equal(await body("/r/demo/copies"), '"5"');
  });

  test("killed at any moment leaves a function that answers, the old one or the new one", async () => {
    ok(await fn("", ["init", "--runtime", "node", "killed"]));
    writeFileSync(file("killed/func.js"), answering("0"));
    ok(await fn("killed", ["deploy", "--app", "demo"]));
    let deployed = '"0"';
    for (let i = 1; i <= 8; i++) {
      writeFileSync(file("killed/func.js"), answering(String(i)));
      const child = spawnFn(desk.node.url, file("killed"), ["deploy", "--app", "demo"]);
      child.stdin.end();
      const killing = setTimeout(() => child.kill("SIGKILL"), 50 * i);
      await once(child, "exit");
      clearTimeout(killing);
      const answer = await body("/r/demo/killed");
      assert.ok([deployed, `"${i}"`].includes(answer), `${answer} after ${i}`);
      deployed = answer;
    }
    ok(await fn("killed", ["deploy", "--app", "demo"]));
    assert.equal(await body("/r/demo/killed"), '"8"');
  });

  test("with --watch deploys what is saved, well within seconds, and survives mistakes", async (t) => {
    ok(await fn("", ["init", "--runtime", "typescript", "watched"]));
    const output = await watching(t, "watched");
    for (const word of ["one", "two"]) {
      const savedMs = performance.now();
      writeFileSync(file("watched/func.ts"), answering(word));
      await eventually(async () => (await body("/r/demo/watched")) === `"${word}"`, `'${word}' answers`);
      const ms = performance.now() - savedMs;
      t.diagnostic(`saved to answered: ${Math.round(ms)} ms`);
      // A second on a machine of its own.
      assert.ok(ms < 5000, `${ms} ms`);
    }
    const right = readFileSync(file("watched/func.yaml"), "utf8");
    writeFileSync(file("watched/func.yaml"), "memory: lots\n");
    await eventually(() => output().includes("func.yaml:1:9"), "the mistake is told");
    writeFileSync(file("watched/func.yaml"), right);
    writeFileSync(file("watched/func.ts"), answering("three"));
    await eventually(async () => (await body("/r/demo/watched")) === '"three"', "it goes on");
  });
});

/** Starts `fn deploy --watch`, waits until it watches, and ends it with the test. Gives all that it has said. */
async function watching(t: TestContext, folder: string): Promise<() => string> {
  const child = spawnFn(desk.node.url, file(folder), ["deploy", "--app", "demo", "--watch"]);
  t.after(() => child.kill());
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      output += part;
    });
  }
  await eventually(() => output.includes("Watching"), "it watches");
  return () => output;
}

describe("fn run", () => {
  const MODULE = `export default (input, context) => { console.error("a line"); return [input, context.config.GREETING]; };\n`;
  before(() => {
    mkdirSync(file("ran"));
    writeFileSync(file("ran/func.yaml"), "entrypoint: fn-kit func.js\n");
    writeFileSync(file("ran/func.js"), MODULE);
  });

  test("prints the answer to what is piped in, and the log on standard error", async () => {
    const ran = await fn("ran", ["run", "-e", "GREETING=Hi"], '{"a":1}');
    assert.deepEqual(ran, { code: 0, stdout: '[{"a":1},"Hi"]', stderr: "a line\n" });
  });

  test("gives what is piped in to each of several calls", async () => {
    const ran = await fn("ran", ["run", "--runs", "2"], '{"name":"Ada"}');
    assert.equal(ok(ran).split("Ada").length, 3);
  });

  for (const format of ["default", "http", "json"]) {
    test(`speaks ${format}`, async () => {
      assert.equal(ok(await fn("ran", ["run", "--format", format, "--data", "1"])), "[1,null]");
    });
  }

  test("misses a variable that is required", async () => {
    mkdirSync(file("needs"));
    writeFileSync(
      file("needs/func.yaml"),
      "entrypoint: x\nexpects: { config: [{ name: KEY, required: true }] }\n",
    );
    const ran = await fn("needs", ["run"]);
    assert.deepEqual([ran.code, ran.stderr.split(":")[1]], [1, " required env var KEY not found"]);
  });

  test("with --inspect opens Node's debugger on this machine until Ctrl-C", async (t) => {
    const child = spawnFn(desk.node.url, file("ran"), ["run", "--data", "1", "--inspect", "9431"]);
    t.after(() => child.kill());
    let said = "";
    child.stderr.on("data", (part) => {
      said += part;
    });
    await eventually(() => said.includes("127.0.0.1:9431"), "it says where");
    const [target] = (await (await fetch("http://127.0.0.1:9431/json/list")).json()) as { url: string }[];
    assert.match(target?.url ?? "", /kit\/main\.ts$/);
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });
});

describe("fn test", () => {
  before(() => {
    mkdirSync(file("tested"));
    writeFileSync(file("tested/func.yaml"), "entrypoint: fn-kit func.js\n");
    writeFileSync(file("tested/func.js"), "export default (input) => ({ b: input.n, a: 1 });\n");
  });
  const cases = (b: number) =>
    writeFileSync(
      file("tested/test.json"),
      `{"tests":[{"name":"one","input":{"body":{"n":2}},"output":{"body":{"a":1,"b":${b}}}}]}`,
    );

  test("compares JSON as JSON", async () => {
    cases(2);
    assert.match(
      ok(await fn("tested", ["test"])),
      /^PASSED - one \(\d+ ms\)\ntests run: 1 passed, 0 failed\n$/,
    );
  });

  test("shows what is different, and exits with 1", async () => {
    cases(3);
    const { code, stdout, stderr } = await fn("tested", ["test"]);
    assert.deepEqual([code, stderr], [1, "ERROR: 1 test failed\n"]);
    assert.match(
      stdout,
      /^FAILED - one .*\n {2}body: - expected, \+ got\n[\s\S]*\+ \t"b": 2\n[\s\S]*- \t"b": 3\n/,
    );
  });

  test("compares in the same way what is deployed", async () => {
    ok(await fn("tested", ["deploy", "--app", "demo"]));
    cases(2);
    ok(await fn("tested", ["test", "--remote", "demo"]));
    cases(3);
    assert.equal((await fn("tested", ["test", "--remote", "demo"])).code, 1);
  });

  test("with --all goes on behind a function that cannot be run", async () => {
    cases(2);
    mkdirSync(file("all/a"), { recursive: true });
    writeFileSync(file("all/a/func.yaml"), "entrypoint: fn-kit func.js\n");
    cpSync(file("tested"), file("all/b"), { recursive: true });
    const { code, stdout } = await fn("all", ["test", "--all"]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^a:\nFAILED - no tests found .*\nb:\nPASSED - one .*\ntests run: 1 passed, 1 failed\n$/,
    );
  });

  for (const name of ["hello", "primes", "yaml2json"]) {
    test(`passes for the function ${name} of this project`, async () => {
      ok(await fn("", ["test", join(projectRoot, "functions", name)]));
    });
  }
});

describe("fn bump", () => {
  test("changes the version and nothing else", async () => {
    mkdirSync(file("bumped"));
    writeFileSync(file("bumped/func.yaml"), "# mine\nname: x\nversion: 0.1.7 # here\nmine: [1]\n");
    assert.equal(ok(await fn("bumped", ["bump", "--minor"])), "Bumped to version 0.2.0\n");
    assert.equal(
      readFileSync(file("bumped/func.yaml"), "utf8"),
      "# mine\nname: x\nversion: 0.2.0 # here\nmine: [1]\n",
    );
  });
});

describe("fn build", () => {
  before(() => {
    mkdirSync(file("built"));
    writeFileSync(file("built/func.yaml"), "runtime: docker\nversion: 0.0.1\n");
    writeFileSync(file("built/Dockerfile"), 'FROM scratch\nCOPY func.yaml /\nENTRYPOINT ["/x"]\n');
  });

  test("makes an image with its own Dockerfile", { skip: skipped }, async (t) => {
    t.after(() => engine.getImage("hotfn-test/built:0.0.1").remove());
    const ran = await fn("built", ["build", "--registry", "hotfn-test"]);
    assert.match(ok(ran), /Function hotfn-test\/built:0\.0\.1 built successfully\./);
    assert.match(ran.stderr, /^Step 1\/\d+ : FROM scratch$/m);
  });

  test("says so in one sentence when no engine answers", async () => {
    const child = spawn(process.execPath, [join(projectRoot, "src/main/fn.ts"), "build"], {
      cwd: file("built"),
      env: { PATH: process.env.PATH, DOCKER_HOST: `unix://${file("no.sock")}` },
    });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.equal(code, 1);
    assert.match(said, /^ERROR: no Docker engine answers .*\n$/);
  });

  test("push refuses a name that no registry knows", async () => {
    const { code, stderr } = await fn("built", ["push"]);
    assert.equal(code, 1);
    assert.match(stderr, /FN_REGISTRY/);
  });
});
