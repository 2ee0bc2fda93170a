/** What happens to calls that nobody waits for when the nodes that accepted them, or run them, die. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { forEachOf } from "../bench/parallel.ts";
import { seededRandom } from "../src/clock/random.ts";
import { type ClusterNode, prepareNodes } from "./support/cluster.ts";
import { lastInFirstOut, startPostgres } from "./support/postgres.ts";
import { createRoute, eventually, tempDir } from "./support/programs.ts";

const CALLS = 10_000;
const CALLERS = 16;
const KILLS = 6;
const LEASE_S = 3;

interface Accepted {
  readonly note: string;
  readonly id: string;
  /** How often it was sent: a node may have died between accepting it and saying so. */
  readonly times: number;
}

interface CallView {
  readonly id: string;
  readonly status: string;
  readonly attempts?: number;
}

/** Its function writes each call's body into a file, so that a call that ran twice shows. */
async function startNoting(t: TestContext): Promise<{ nodes: readonly ClusterNode[]; noteFile: string }> {
  const dir = tempDir(t);
  const noteFile = join(dir, "notes");
  const owner = lastInFirstOut(t);
  const postgres = await startPostgres(owner);
  const nodes = await prepareNodes(owner, {
    dir,
    dbUrl: postgres.url,
    nodeArgs: ["-async-lease", String(LEASE_S)],
  });
  await Promise.all(nodes.map((node) => node.start()));
  const [first] = nodes;
  assert.ok(first);
  const settings = { type: "async", format: "http", config: { NOTE_FILE: noteFile } };
  await createRoute({ program: first.program, url: first.url, dir }, "/note", "note", settings);
  return { nodes, noteFile };
}

/** Until a node has said that it has the call. A node that is gone is left for another, as a client with several would. */
async function accept(
  nodes: readonly ClusterNode[],
  note: string,
  key: string | undefined,
): Promise<Accepted> {
  for (let times = 1; ; times++) {
    const node = nodes[(Number.parseInt(note, 10) + times) % nodes.length];
    try {
      const headers: Record<string, string> = key === undefined ? {} : { "Idempotency-Key": key };
      const answer = await fetch(`${node?.url}/r/t/note`, { method: "POST", body: note, headers });
      const body = (await answer.json()) as { call_id?: string };
      if (answer.status === 202 && body.call_id !== undefined) return { note, id: body.call_id, times };
      assert.ok(answer.status >= 500, `${answer.status} ${JSON.stringify(body)}`);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function callsOf(node: ClusterNode, query = ""): Promise<CallView[]> {
  const calls: CallView[] = [];
  for (let cursor = ""; ; ) {
    const answer = await fetch(`${node.url}/v1/apps/t/calls?per_page=100&cursor=${cursor}${query}`);
    const page = (await answer.json()) as { calls: CallView[]; next_cursor: string };
    calls.push(...page.calls);
    cursor = page.next_cursor;
    if (cursor === "") return calls;
  }
}

function timesNoted(noteFile: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const note of readFileSync(noteFile, "utf8").split("\n").filter(Boolean)) {
    times.set(note, (times.get(note) ?? 0) + 1);
  }
  return times;
}

/** Ten times what it takes where nothing else runs. */
const LIMIT = { timeout: 300_000 };

describe("calls that nobody waits for", LIMIT, () => {
  test(
    "all end, whichever nodes are killed with -9, and only those that a killed node had run twice",
    LIMIT,
    async (t) => {
      const { nodes, noteFile } = await startNoting(t);
      const random = seededRandom(20180115);
      const notes = Array.from({ length: CALLS }, (_, i) => `${i}-note`);
      const accepted: Accepted[] = [];
      const keyed = new Map<string, string>();
      let isOver = false;

      const killing = (async () => {
        for (let kill = 0; kill < KILLS && !isOver; kill++) {
          const due = Math.floor(((kill + random.next()) * CALLS) / KILLS);
          await eventually(() => accepted.length >= Math.min(due, CALLS), "the next kill is due", 240_000);
          const victim = nodes[Math.floor(random.next() * nodes.length)];
          assert.ok(victim);
          await victim.end("SIGKILL");
          await victim.start();
        }
      })();
      await forEachOf(notes, CALLERS, async (note) => {
        const isKeyed = Number.parseInt(note, 10) % 4 === 0;
        const call = await accept(nodes, note, isKeyed ? note : undefined);
        accepted.push(call);
        if (isKeyed) keyed.set(note, call.id);
      });
      isOver = true;
      await killing;
      // Asked for again, by another way: the same call.
      await forEachOf([...keyed].slice(0, 200), CALLERS, async ([note, id]) => {
        assert.equal((await accept(nodes.toReversed(), note, note)).id, id);
      });

      const [node] = nodes;
      assert.ok(node);
      for (const status of ["queued", "running"]) {
        const isNone = async () => (await callsOf(node, `&status=${status}`)).length === 0;
        await eventually(isNone, `no call is ${status} any more`, 240_000);
      }
      const calls = new Map((await callsOf(node)).map((call) => [call.id, call]));
      const lost = accepted.filter(({ id }) => calls.get(id)?.status !== "success");
      assert.deepEqual(lost.slice(0, 5), []);
      const noted = timesNoted(noteFile);
      for (const { note, id, times } of accepted) {
        const runs = noted.get(note) ?? 0;
        assert.ok(runs >= 1, `${note} never ran`);
        if (times > 1 && !keyed.has(note)) continue;
        const { attempts = 0 } = calls.get(id) ?? {};
        assert.ok(runs <= attempts, `${note} ran ${runs} times in ${attempts} attempts`);
      }
      const ids = new Set([...keyed.values()]);
      assert.equal(ids.size, keyed.size);
    },
  );
});
