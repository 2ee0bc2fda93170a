import type { Command } from "commander";
import type { ApiClient } from "../api/api-client.ts";
import { callUrl } from "../api/server-url.ts";
import { CommandError } from "../common/io.ts";
import { addOptions, examples } from "../common/options.ts";
import type { Tools } from "../common/tools.ts";
import { type BuildChoice, buildOptions } from "./build-options.ts";
import { type CaseTarget, readCases, runCase } from "./cases.ts";
import { expectedConfig } from "./expected-config.ts";
import { folderOf, workingDirOption } from "./folder-option.ts";
import { imageToRun } from "./image-to-run.ts";
import { calledPath } from "./plan.ts";
import { PRIVATE_APP, withPrivateNode } from "./private-node.ts";
import { findAppFile, type Project, readProject, readProjects } from "./project.ts";

/** `fn test` */
export function defineTest(command: Command, tools: Tools): void {
  command
    .description("run the cases of func.test.yaml, test.json or the function file, and compare the answers")
    .argument("[dir]", "the function's folder; the current one unless given")
    .option("--remote <app>", "call the function that is deployed in this app, instead of a node of its own")
    .option("--all", "test all functions below the folder of the app.yaml, or the current one");
  addOptions(command, [...buildOptions(), workingDirOption()])
    .addHelpText("after", examples("fn test", "fn test --remote demo", "fn test --all"))
    .action((dir: string | undefined, options: TestChoice) => test(tools, dir, options));
}

interface TestChoice extends BuildChoice {
  readonly remote?: string;
  readonly all?: boolean;
  readonly workingDir?: string;
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

async function test(tools: Tools, dir: string | undefined, options: TestChoice): Promise<void> {
  const folder = folderOf(tools, options, dir);
  const app = await findAppFile(folder);
  const projects = options.all
    ? await readProjects(app ?? { folder, name: PRIVATE_APP })
    : [await readProject(folder, app)];
  let passed = 0;
  let failed = 0;
  for (const project of projects) {
    if (options.all) tools.print(`${project.name}:`);
    const count = await testProject(tools, project, options).catch((error: unknown) => {
      // One that cannot be run, for want of an engine perhaps, says nothing about the others.
      if (!options.all || !(error instanceof CommandError)) throw error;
      tools.print(`FAILED - ${error.message}`);
      return { passed: 0, failed: 1 };
    });
    if (!count) throw new CommandError("interrupted");
    passed += count.passed;
    failed += count.failed;
  }
  tools.print(`tests run: ${passed} passed, ${failed} failed`);
  if (failed > 0) throw new CommandError(`${failed} ${failed === 1 ? "test" : "tests"} failed`);
}

/** Undefined when it is interrupted. */
async function testProject(tools: Tools, project: Project, options: TestChoice): Promise<Count | undefined> {
  // Read first: there is no need to start anything for a file that is not proper.
  const cases = await readCases(project);
  const runAll = (api: ApiClient, app: string) => runCases(tools, api, app, project, cases);
  if (options.remote !== undefined) return runAll(await tools.api(), options.remote);
  const config = { ...project.settings.config, ...expectedConfig(tools, project, {}) };
  const local: Project = { ...project, settings: { ...project.settings, config, type: "sync" } };
  const image = await imageToRun(tools, local, options);
  return await withPrivateNode(tools, local, image, (api) => runAll(api, PRIVATE_APP));
}

async function runCases(
  tools: Tools,
  api: ApiClient,
  app: string,
  project: Project,
  cases: Awaited<ReturnType<typeof readCases>>,
): Promise<Count> {
  const { server } = api;
  const target: CaseTarget = {
    server,
    url: callUrl(server, app, calledPath(project)),
    headers: api.authorization(),
  };
  let failed = 0;
  for (const [i, each] of cases.entries()) {
    const startNs = tools.io.clock.monotonicNs();
    const { problems, callId } = await runCase(each, target);
    const ms = Math.round((tools.io.clock.monotonicNs() - startNs) / 1e6);
    const title = `${each.name ?? `test ${i + 1}`} (${ms} ms)`;
    tools.print(`${problems.length === 0 ? "PASSED" : "FAILED"} - ${title}`);
    if (problems.length === 0) continue;
    failed++;
    for (const line of problems) tools.print(`  ${line}`);
    const log = callId === undefined ? "" : await api.calls.log(app, callId).catch(() => "");
    if (log !== "") tools.print(`  log:\n${log.trimEnd().replace(/^/gm, "    ")}`);
  }
  return { passed: cases.length - failed, failed };
}
