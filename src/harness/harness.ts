import type { Clock } from "../clock/clock.ts";
import { discover } from "./discovery.ts";
import { HarnessError } from "./harness-error.ts";
import { HttpClient, NoReplyError } from "./http-client.ts";
import { offerLoad } from "./load.ts";
import type { HarnessOptions } from "./options.ts";
import { Tally } from "./report.ts";
import { introduction, outcomeLine, reportLines } from "./report-text.ts";
import { ensureRoute } from "./route-setup.ts";

/** Where lines go. */
export interface Output {
  /** The result. */
  readonly print: (line: string) => void;
  /** What is said beside the result. */
  readonly note: (line: string) => void;
}

/**
 * Calls one function through the balancer and reports which node served how much of it, and how fast.
 * Gives the exit code: 0 if all is as expected, 1 if not or if the run could not begin.
 */
export async function runHarness(options: HarnessOptions, clock: Clock, output: Output): Promise<number> {
  const client = new HttpClient(clock, options.timeoutMs, options.concurrency);
  try {
    return await measure(options, clock, client, output);
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    output.note(`ERROR: ${error.message}`);
    return 1;
  } finally {
    await client.close();
  }
}

async function measure(
  options: HarnessOptions,
  clock: Clock,
  client: HttpClient,
  { print, note }: Output,
): Promise<number> {
  const { balancer, route, max, loops, calls, concurrency } = options;
  // With --json, standard output is for the report alone.
  const tell = options.isJson ? note : print;

  await prepare(client, options);
  const discovery = await discover(client, options.nodes, route);
  for (const line of introduction(options, discovery)) tell(line);

  const tally = new Tally();
  const startNs = clock.monotonicNs();
  const path = `${route}?max=${max}&loops=${loops}`;
  await offerLoad(client, { calls, concurrency, authority: balancer, path }, (outcome) => {
    tally.add(outcome);
    if (options.isVerbose) tell(outcomeLine(outcome));
  });

  const report = tally.report(options, discovery, (clock.monotonicNs() - startNs) / 1e9);
  if (options.isJson) print(JSON.stringify(report));
  else for (const line of reportLines(report)) print(line);
  return report.problems.length === 0 ? 0 : 1;
}

async function prepare(client: HttpClient, { balancer, route, image }: HarnessOptions): Promise<void> {
  try {
    await ensureRoute(client, balancer, route, image);
  } catch (error) {
    if (!(error instanceof NoReplyError)) throw error;
    const problem = `The balancer at ${balancer} cannot be reached (${error.reason})`;
    throw new HarnessError(`${problem}: start it, or name another one with -lb`);
  }
}
