import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { Command } from "commander";
import { systemClock } from "../clock/clock.ts";
import { COMMAND_GROUPS } from "./commands.ts";
import { runInProcess, startFakeApi, useFakeApi } from "./common/fake-api.suite.ts";
import { createTools } from "./common/tools.ts";
import { defineCommands } from "./run.ts";

const api = useFakeApi();

const fn = (argv: readonly string[], env = {}) => runInProcess(argv, { FN_API_URL: api.url, ...env });

describe("fn", () => {
  test("prints its help without a command", async () => {
    const ran = await fn([]);
    assert.deepEqual([ran.code, ran.stderr], [0, ""]);
    assert.match(ran.stdout, /^Usage: fn /);
  });

  test("names the environment it reads in its help", async () => {
    const { stdout } = await fn(["--help"]);
    assert.match(stdout, /FN_API_URL/);
    assert.match(stdout, /FN_TOKEN/);
  });

  for (const group of [["apps"], ["routes"], ["calls"], ["logs"], ["apps", "config"]]) {
    test(`prints the help of '${group.join(" ")}' without a command of it`, async () => {
      const ran = await fn(group);
      assert.deepEqual([ran.code, ran.stderr], [0, ""]);
      assert.ok(ran.stdout.startsWith(`Usage: fn ${group.join(" ")} `));
    });
  }

  for (const verb of ["create", "list", "delete", "config"]) {
    test(`tells the nouns of '${verb}' when it has none`, async () => {
      const ran = await fn([verb]);
      assert.equal(ran.code, 0);
      assert.match(ran.stdout, /^ {2}apps? /m);
      assert.match(ran.stdout, /^ {2}(fn|fns) /m);
    });
  }

  for (const [wrong, suggestion] of [
    [["rotes", "list"], "routes"],
    [["creat", "app", "x"], "create"],
    [["create", "ap", "x"], "app"],
    [["help", "rotes"], "routes"],
    [["apps", "lst"], "list"],
    [["apps", "config", "sett"], "set"],
  ] as const) {
    test(`suggests '${suggestion}' for '${wrong.join(" ")}' and exits with 2`, async () => {
      const ran = await fn(wrong);
      assert.deepEqual([ran.code, ran.stdout], [2, ""]);
      assert.match(ran.stderr, new RegExp(`^ERROR: unknown command .*\n.*${suggestion}`));
    });
  }

  test("suggests an option for one that is not there", async () => {
    const ran = await fn(["apps", "delete", "x", "--forse"]);
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /^ERROR: unknown option .*\n.*--force/);
  });

  for (const wrong of [
    ["apps", "create"],
    ["apps", "create", "a", "b"],
    ["apps", "list", "--nope"],
    ["apps", "list", "--n", "0"],
    ["apps", "list", "--output", "xml"],
    ["run", "--inspect", "none"],
    ["start", "--log-level", "loud"],
  ]) {
    test(`exits with 2 and a sentence on standard error for '${wrong.join(" ")}'`, async () => {
      const ran = await fn(wrong);
      assert.deepEqual([ran.code, ran.stdout], [2, ""]);
      assert.match(ran.stderr, /^ERROR: /);
    });
  }

  test("takes options after arguments as well as before", async () => {
    api.reply("POST /v2/apps", { body: { id: "A1", name: "myapp" } });
    await fn(["apps", "create", "--config", "A=1", "myapp", "--config", "B=2"]);
    assert.deepEqual(JSON.parse(api.requests[0]?.body ?? "").config, { A: "1", B: "2" });
  });
});

describe("fn --help", () => {
  for (const argv of [
    ["apps", "create", "--help"],
    ["create", "app", "--help"],
    ["help", "apps", "create"],
    ["help", "create", "app"],
  ]) {
    test(`of a command: fn ${argv.join(" ")}`, async () => {
      const ran = await fn(argv);
      assert.deepEqual([ran.code, ran.stderr], [0, ""]);
      assert.match(ran.stdout, /^Usage: fn apps create/);
    });
  }

  test("shows each command under its heading", async () => {
    const { stdout } = await fn(["--help"]);
    for (const heading of ["Functions", "Project", "Server", "Settings"]) {
      assert.match(stdout, new RegExp(`^${heading}:\n {2}\\w`, "m"));
    }
  });

  test("shows how each command is typed", async () => {
    const program = new Command("fn");
    const io = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() };
    const tools = createTools({ ...io, env: {}, cwd: "/", clock: systemClock, version: "1.2.3" }, () => ({}));
    await defineCommands(program, tools, () => true);
    const verbs = COMMAND_GROUPS.find(({ heading }) => heading === "Verb first")?.commands ?? [];
    const nouns = program.commands.filter((each) => !verbs.some(({ name }) => name === each.name()));
    const without = nouns.flatMap(leaves).filter((command) => !helpOf(command).includes("Example"));
    assert.deepEqual(without.map(pathOf), []);
  });
});

describe("--verbose", () => {
  for (const argv of [
    ["-v", "apps", "list"],
    ["apps", "list", "--verbose"],
  ]) {
    test(`tells each request on standard error: fn ${argv.join(" ")}`, async () => {
      api.reply("GET /v2/apps?per_page=100", { body: { items: [] } });
      const ran = await fn(argv);
      assert.equal(ran.stderr, `GET ${api.url}/v2/apps?per_page=100 200\n`);
    });
  }
});

describe("fn version", () => {
  test("prints the versions of both sides", async () => {
    api.reply("GET /version", { body: { version: "0.3.306" } });
    const ran = await fn(["version"]);
    assert.equal(ran.stdout, "Client version:  1.2.3\nServer version:  0.3.306\n");
  });

  test("prints ? for a server that does not answer, and exits with 0", async () => {
    const ran = await fn(["version"], { FN_API_URL: await unusedUrl() });
    assert.deepEqual(ran, { code: 0, stdout: "Client version:  1.2.3\nServer version:  ?\n", stderr: "" });
  });

  test("of the program alone needs no server", async () => {
    assert.equal((await fn(["--version"])).stdout, "fn version 1.2.3\n");
  });
});

describe("FN_API_URL", () => {
  const list = (env: Record<string, string>) => {
    api.reply("GET /v2/apps?per_page=100", { body: { items: [{ id: "1", name: "a" }] } });
    api.reply("GET /behind/v2/apps?per_page=100", { body: { items: [{ id: "2", name: "behind" }] } });
    return fn(["apps", "list"], env);
  };

  test("may do without the scheme", async () => {
    assert.equal((await list({ FN_API_URL: api.url.replace("http://", "") })).stdout, "a\n");
  });

  test("may have a path, with or without a slash at its end", async () => {
    assert.equal((await list({ FN_API_URL: `${api.url}/behind` })).stdout, "behind\n");
    assert.equal((await list({ FN_API_URL: `${api.url}/behind/` })).stdout, "behind\n");
  });

  for (const wrong of ["ftp://x", "http://", "http://a b"]) {
    test(`is named when it is no address: ${wrong}`, async () => {
      const ran = await list({ FN_API_URL: wrong });
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /^ERROR: FN_API_URL is /);
    });
  }

  test("has no password in it, which is not told back", async () => {
    const ran = await list({ FN_API_URL: "http://me:secret@localhost" });
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /^ERROR: FN_API_URL has a user or a password [^\n]*\n$/);
    assert.doesNotMatch(ran.stderr, /secret/);
  });

  test("is named with the address when nobody answers there", async () => {
    const url = await unusedUrl();
    const ran = await list({ FN_API_URL: url });
    assert.deepEqual([ran.code, ran.stdout], [1, ""]);
    assert.equal(
      ran.stderr,
      `ERROR: Cannot reach the server at ${url} (ECONNREFUSED): ` +
        "start it, or set FN_API_URL to the address of one that runs\n",
    );
  });
});

describe("FN_TOKEN", () => {
  test("is sent as a bearer token", async () => {
    await fn(["apps", "list"], { FN_TOKEN: "secret" });
    assert.equal(api.requests[0]?.headers.authorization, "Bearer secret");
  });

  test("is not sent when it is not set", async () => {
    await fn(["apps", "list"]);
    assert.equal(api.requests[0]?.headers.authorization, undefined);
  });
});

describe("a refused token", () => {
  test("fails with the server's message and where a token is set", async () => {
    const error = { message: "There is no such token", code: "token_unknown" };
    api.reply("GET /v2/apps?per_page=100", { status: 401, body: error });
    const ran = await fn(["apps", "list"]);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /^ERROR: There is no such token \(set FN_TOKEN[^\n]*\)\n$/);
  });
});

describe("an answer that is not Fn's", () => {
  for (const [title, answer] of [
    ["an error without Fn's envelope", { status: 502, body: "<html>Bad\n Gateway</html>" }],
    ["a page instead of JSON", { body: "<html>Welcome</html>" }],
    ["JSON without the list", { body: { apps: [] } }],
    ["a list of something else", { body: { items: [{ title: "x" }] } }],
  ] as const) {
    test(`fails with a part of it shown: ${title}`, async () => {
      api.reply("GET /v2/apps?per_page=100", answer);
      const ran = await fn(["apps", "list"]);
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /^ERROR: .*(Bad Gateway|Welcome|apps|title)[^\n]*\n$/);
    });
  }

  test("shows the message of an envelope without a wrapper", async () => {
    api.reply("GET /v2/apps?per_page=100", { status: 429, body: { message: "Too many" } });
    assert.equal((await fn(["apps", "list"])).stderr, "ERROR: Too many\n");
  });
});

describe("bin/fn", () => {
  const program = join(import.meta.dirname, "../../bin/fn");
  const run = promisify(execFile);

  test("reads the environment, prints the answer and exits with 0", async () => {
    api.reply("GET /v2/apps?per_page=100", { body: { items: [{ id: "1", name: "a" }] } });
    const { stdout, stderr } = await run(program, ["apps", "list"], {
      env: { ...process.env, FN_API_URL: api.url },
    });
    assert.deepEqual({ stdout, stderr }, { stdout: "a\n", stderr: "" });
  });

  test("passes the exit code on", async () => {
    await assert.rejects(run(program, ["nope"]), { code: 2 });
  });
});

/** An address where nothing listens: one that was free a moment ago. */
async function unusedUrl(): Promise<string> {
  const gone = await startFakeApi();
  await gone.stop();
  return gone.url;
}

/** The commands at the end of the tree, which do something. */
function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

/** With what is added below the help, which only its output has. */
function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
