import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import { aloneLink, type WorkerLink } from "../workers/link.ts";
import type { ListedNode } from "./source.ts";
import { ToldSource } from "./told-source.ts";

const A = "10.0.0.1:8080";
const B = "10.0.0.2:8080";
const C = "10.0.0.3:8080";

type Link = ConstructorParameters<typeof ToldSource>[0]["link"];

/** Links of workers that hear each other at once. */
function createLinks() {
  const workers: { hear: (message: unknown) => void; give: () => unknown }[] = [];
  return (): Link => {
    const own = { hear: (_: unknown) => {}, give: (): unknown => [] };
    workers.push(own);
    // As JSON, since that is how it comes from another process.
    const sent = (message: unknown) => JSON.parse(JSON.stringify(message));
    return {
      publish(_, message) {
        for (const worker of workers) if (worker !== own) worker.hear(sent(message));
      },
      subscribe(_, listener) {
        own.hear = (message) => listener(message, "w1");
      },
      answer(_, give) {
        own.give = give;
      },
      ask: async () => workers.map(({ give }) => ({ worker: "w1", answer: sent(give()) })),
    };
  };
}

const clock = new FakeClock();

async function start(names: readonly string[], link: Link = aloneLink() satisfies WorkerLink) {
  const source = new ToldSource({ names, link, clock });
  let nodes: readonly ListedNode[] = [];
  await source.start((listed) => {
    nodes = listed;
  });
  return { source, names: () => nodes.map(({ name }) => name), nodes: () => nodes };
}

function node(name: string, more: Partial<ListedNode> = {}): ListedNode {
  return { name, weight: 1, isDraining: false, ...more };
}

describe("the list that the balancer is told", () => {
  test("is that of the settings, by name", async () =>
    assert.deepEqual((await start([B, A])).names(), [A, B]));

  test("takes nodes, and what is said of them later", async () => {
    const { source, nodes } = await start([A]);
    await source.add(node(B));
    await source.add(node(A, { weight: 3, isDraining: true }));
    assert.deepEqual(nodes(), [node(A, { weight: 3, isDraining: true }), node(B)]);
  });

  test("lets nodes go, those of the settings too", async () => {
    const { source, names } = await start([A, B]);
    await source.remove(A);
    await source.remove(C);
    assert.deepEqual(names(), [B]);
  });

  test("refuses what is no node", async () => {
    const refused = (error: unknown) => error instanceof FnError && error.code === "node_name_invalid";
    await assert.rejects(start(["http://a"]), refused);
    const { source } = await start([]);
    await assert.rejects(source.add(node("not a host!")), refused);
  });

  test("follows other settings, and keeps what was told besides", async () => {
    const { source, names } = await start([A]);
    await source.add(node(C));
    source.setNames([B]);
    assert.deepEqual(names(), [B, C]);
  });

  test("has a node again that was taken out, when the settings name it anew", async () => {
    const { source, names } = await start([A, B]);
    await source.remove(A);
    source.setNames([B]);
    source.setNames([A, B]);
    assert.deepEqual(names(), [A, B]);
  });
});

describe("the lists of several workers", () => {
  test("are one: what one is told, the others hear", async () => {
    const link = createLinks();
    const [one, other] = [await start([A], link()), await start([A], link())];
    await one.source.add(node(B));
    await other.source.remove(A);
    assert.deepEqual([one.names(), other.names()], [[B], [B]]);
  });

  test("are known to a worker that starts later", async () => {
    const link = createLinks();
    const { source } = await start([A], link());
    await source.add(node(B, { weight: 2 }));
    await source.remove(A);
    const later = await start([A], link());
    assert.deepEqual(later.nodes(), [node(B, { weight: 2 })]);
  });

  test("follow the later word of two", async () => {
    const link = createLinks();
    const one = await start([], link());
    await one.source.add(node(A, { weight: 1 }));
    await clock.advance(10);
    const other = await start([], link());
    await other.source.add(node(A, { weight: 2 }));
    assert.deepEqual([one.nodes()[0]?.weight, other.nodes()[0]?.weight], [2, 2]);
  });
});
