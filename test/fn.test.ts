/** The command line against a running node and a balancer: every command that manages something, in both word orders. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Ran, runInProcess } from "../src/cli/common/fake-api.suite.ts";
import {
  eventually,
  freePorts,
  type NodeRig,
  ready,
  startNode,
  startProgram,
  tempDir,
} from "./support/programs.ts";

let node: NodeRig;
let balancerUrl: string;
/** Where `.fn` is. */
let home: string;
const undone: (() => void | Promise<void>)[] = [];
const owner = { after: (undo: () => void | Promise<void>) => void undone.push(undo) };

before(async () => {
  home = tempDir(owner);
  node = await startNode(owner);
  const address = `127.0.0.1:${await freePorts(1)}`;
  const nodes = ["-nodes", node.url.replace("http://", "")];
  await ready(startProgram(owner, "fnlb", ["-listen", address, "-mgmt-listen", address, ...nodes]));
  balancerUrl = `http://${address}`;
});
after(async () => {
  for (const undo of undone.reverse()) await undo();
});

const words = (line: string) => line.split(" ").filter(Boolean);
const fn = (argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runInProcess(argv, { HOME: home, FN_API_URL: node.url, ...env });

/** Runs a command that works, and gives what it prints. */
async function done(argv: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await fn(argv, env);
  assert.equal(code, 0, `fn ${argv.join(" ")}: ${stderr}`);
  return stdout;
}

/** Both orders of a command, and what it prints. APP stands for an app of the order's own. */
type Row = readonly [nounFirst: string, verbFirst: string, prints: RegExp];

const COMMANDS: readonly Row[] = [
  ["apps create APP --config A=1", "create app APP --config A=1", /created app: {2}APP/],
  ["apps list", "list apps", /^APP$/m],
  ["apps inspect APP config.A", "inspect app APP config.A", /^"1"$/m],
  ["apps update APP --annotation team=blue", "update app APP --annotation team=blue", /app APP updated/],
  ["apps config set APP KEY VALUE", "config app APP KEY VALUE", /updated KEY with VALUE/],
  ["apps config get APP KEY", "get config app APP KEY", /^VALUE$/m],
  ["apps config list APP", "list config app APP", /^A=1\nKEY=VALUE$/m],
  ["apps config unset APP KEY", "unset config app APP KEY", /removed key 'KEY'/],

  ["fns create APP count dir:test/functions/count", "create fn APP count dir:test/functions/count", /count/],
  ["fns list APP", "list functions APP", /^count +dir:test\/functions\/count +\w{26}$/m],
  ["fns inspect APP count image", "inspect function APP count image", /dir:test\/functions\/count/],
  ["fns inspect APP count --endpoint", "inspect fn APP count --endpoint", /^http:.*\/invoke\/\w{26}$/m],
  ["fns update APP count --memory 64", "update func APP count --memory 64", /APP count updated/],
  ["fns config set APP count KEY VALUE", "config fn APP count KEY VALUE", /updated KEY with VALUE/],
  ["fns config get APP count KEY", "get config fn APP count KEY", /^VALUE$/m],
  ["fns config list APP count", "list config fn APP count", /^KEY=VALUE$/m],
  ["fns config unset APP count KEY", "delete config fn APP count KEY", /removed key 'KEY'/],

  ["triggers create APP count t --source /t", "create trigger APP count t --source /t", /^.*\/t\/APP\/t$/m],
  ["triggers list APP", "list triggers APP count", /^count +t +http +\/t +http:.*\/t\/APP\/t +\w{26}$/m],
  ["triggers inspect APP count t source", "inspect trigger APP count t source", /^"\/t"$/m],
  ["triggers update APP count t --source /u", "update trigger APP count t --source /u", /updated/],
  ["triggers delete APP count t", "delete trigger APP count t", /Trigger t deleted/],

  ["routes create APP /r dir:test/functions/note", "create route APP /r dir:test/functions/note", /created/],
  ["routes list APP", "list routes APP", /^\/r +dir:test\/functions\/note +.*\/r\/APP\/r$/m],
  ["routes inspect APP /r format", "inspect route APP /r format", /^"[\w-]+"$/m],
  ["routes update APP /r --timeout 20", "update route APP /r --timeout 20", /APP \/r updated/],
  ["routes config set APP /r KEY VALUE", "config route APP /r KEY VALUE", /updated KEY with VALUE/],
  ["routes config get APP /r KEY", "get config route APP /r KEY", /^VALUE$/m],
  ["routes config list APP /r", "list config route APP /r", /^KEY=VALUE$/m],
  ["routes config unset APP /r KEY", "unset config route APP /r KEY", /removed key 'KEY'/],

  ["call APP /r --data x", "routes call APP /r --data x", /./],
  ["invoke APP count", "invoke APP count", /"calls":1/],
  ["calls list APP -n 1 --status success", "list calls APP -n 1 --status success", /^Route: count$/m],
  ["calls get APP last", "get call APP last", /^Status: success$/m],
  ["logs get APP last", "get logs APP last", /^/],

  ["routes delete APP /r", "delete route APP /r", /APP \/r deleted/],
  ["fns delete APP count", "delete fn APP count", /Function count deleted/],
  ["apps delete APP", "delete app APP", /App APP deleted/],

  ["contexts create APP --api-url localhost:1", "create context APP --api-url localhost:1", /context: APP/],
  ["contexts list", "list contexts", /^ +APP +default +localhost:1$/m],
  ["contexts use APP", "use context APP", /Now using context: APP/],
  ["contexts update registry me", "update context registry me", /APP updated registry with me/],
  ["contexts inspect", "inspect context", /"registry": "me"/],
  ["contexts unset", "unset context", /unset current context: APP/],
  ["contexts delete APP", "delete context APP", /deleted context APP/],
];

for (const [order, app] of [
  [0, "nouns"],
  [1, "verbs"],
] as const) {
  describe(`fn with ${app} first`, () => {
    for (const row of COMMANDS) {
      test(`fn ${row[order]}`, async () => {
        const printed = await done(words(row[order].replaceAll("APP", app)));
        assert.match(printed, new RegExp(row[2].source.replaceAll("APP", app), row[2].flags));
      });
    }
  });
}

describe("calls that nobody waits for", () => {
  const status = async (id: string) => JSON.parse(await done(["calls", "get", "later", id, "--json"]));

  before(async () => {
    await done(words("create app later"));
    await done(words("create fn later count dir:test/functions/count"));
    await done(words("create fn later broken dir:test/functions/broken"));
  });

  for (const line of ["calls cancel later", "cancel call later"]) {
    test(`fn ${line}`, async () => {
      const id = (await done(words("invoke later count --async --header Fn-Delay:600"))).trim();
      assert.equal((await status(id)).status, "queued");
      await done([...words(line), id]);
      assert.equal((await status(id)).status, "cancelled");
    });
  }

  for (const line of ["calls redrive later", "redrive calls later"]) {
    test(`fn ${line}`, async () => {
      const id = (await done(words("invoke later broken --async"))).trim();
      await eventually(async () => (await status(id)).dead === true, "the call has failed for good");
      assert.match(await done([...words(line), id]), /queued again/);
      await eventually(async () => (await status(id)).dead === true, "the call has failed again");
      assert.match(await done([...words(line), "--all"]), /^[1-9]\d* calls queued again$/m);
    });
  }
});

describe("the log of a call", () => {
  test("is followed as it is written until the call has ended", async () => {
    await done(words("create route followed /say dir:test/functions/unruly"));
    const id = (await done(words("call followed /say?do=say&id=7 --async --header Fn-Delay:1"))).trim();
    assert.equal(await done(["logs", "followed", id, "--follow"]), "said by 7\n");
  });
});

describe("a balancer", () => {
  const lb = (line: string) => done(words(`--api-url ${balancerUrl} lb ${line}`));
  test("lists its nodes", async () => {
    await eventually(async () => /healthy/.test(await lb("nodes list")), "the node is healthy");
  });

  test("adds and removes one", async () => {
    const other = "127.0.0.1:1";
    await lb(`nodes add ${other} --weight 2`);
    assert.equal(JSON.parse(await lb("nodes list --json"))[other].weight, 2);
    await lb(`nodes remove ${other}`);
    assert.ok(!(other in JSON.parse(await lb("nodes list --json"))));
  });

  test("drains one, and lets it have requests again", async () => {
    const name = node.url.replace("http://", "");
    const isDraining = async () => JSON.parse(await lb("nodes list --json"))[name].draining;
    await lb(`nodes drain ${name}`);
    assert.equal(await isDraining(), true);
    await lb(`nodes drain ${name} --undo`);
    await eventually(async () => !(await isDraining()), "the node takes requests");
  });

  test("tells its traffic", async () => {
    assert.match(await lb("stats"), /^NODE +FUNCTION +REQUESTS/);
  });

  test("forwards what it is asked about apps", async () => {
    assert.match(await done(words(`--api-url ${balancerUrl} version`)), /^Server version: {2}\d/m);
  });
});

describe("tokens", () => {
  test("are made, listed and deleted, and needed as soon as there is one", async () => {
    const token = (await done(words("create token ci --scope manage --expires-in 1h"))).trim();
    const refused = await fn(words("list apps"));
    assert.deepEqual([refused.code, refused.stderr.split("\n").length], [1, 2]);
    const [listed] = JSON.parse(await done(words("tokens list --json"), { FN_TOKEN: token }));
    assert.deepEqual([listed.name, listed.scopes], ["ci", ["manage"]]);
    await done(["delete", "token", listed.id], { FN_TOKEN: token });
  });
});
