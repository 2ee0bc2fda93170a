import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { settle } from "../../clock/fake-clock.ts";
import { aloneLink, type Channel, openWorkerLink } from "./link.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** The worker's end of a channel whose other end is the test. */
class FakeChannel extends EventEmitter implements Channel {
  connected = true;
  isStuck = false;
  readonly sent: FromWorker[] = [];

  send(
    message: FromWorker,
    _handle: undefined,
    _options: undefined,
    sent: (error: Error | null) => void,
  ): boolean {
    this.sent.push(message);
    if (!this.isStuck) sent(null);
    return true;
  }

  async tell(message: ToWorker | { readonly readyOnPort: number }): Promise<void> {
    this.emit("message", message, undefined);
    await settle();
  }
}

async function opened() {
  const channel = new FakeChannel();
  const opening = openWorkerLink(channel);
  await channel.tell({ kind: "begin", worker: "w5" });
  return { channel, link: await opening };
}

describe("the link of a worker", () => {
  test("has the sockets that were sent before it began", async () => {
    const channel = new FakeChannel();
    const opening = openWorkerLink(channel);
    const handle = {};
    channel.emit("message", { kind: "socket", name: "traffic" }, handle);
    await channel.tell({ kind: "begin", worker: "w5" });
    const link = await opening;
    assert.equal(link.socket("traffic"), handle);
    assert.equal(link.socket("management"), undefined);
  });

  test("gives what was published to those who listen to its topic", async () => {
    const { channel, link } = await opened();
    const heard: unknown[] = [];
    link.subscribe("loads", (message, from) => heard.push([message, from]));
    await channel.tell({ kind: "message", from: "w2", topic: "loads", message: 1 });
    await channel.tell({ kind: "message", from: "w2", topic: "health", message: 2 });
    assert.deepEqual(heard, [[1, "w2"]]);
  });

  test("publishes nothing more while a thousand messages wait to be sent", async () => {
    const { channel, link } = await opened();
    channel.isStuck = true;
    for (let i = 0; i < 1001; i++) link.publish("loads", i);
    assert.equal(channel.sent.length, 1000);
  });

  test("answers a question with what was promised", async () => {
    const { channel, link } = await opened();
    link.answer("calls", async () => 3);
    await channel.tell({ kind: "question", id: 9, topic: "calls" });
    assert.deepEqual(channel.sent, [{ kind: "answer", id: 9, answer: 3 }]);
  });

  test("answers nothing to a question that it cannot answer", async () => {
    const { channel, link } = await opened();
    link.answer("calls", () => {
      throw new Error("not now");
    });
    await channel.tell({ kind: "question", id: 1, topic: "calls" });
    await channel.tell({ kind: "question", id: 2, topic: "others" });
    assert.deepEqual(channel.sent, [
      { kind: "answer", id: 1, answer: undefined },
      { kind: "answer", id: 2, answer: undefined },
    ]);
  });

  test("gives each who asks the answers to their question", async () => {
    const { channel, link } = await opened();
    const asked = [link.ask("a"), link.ask("b")];
    const answers = [{ worker: "w1", answer: 1 }];
    await channel.tell({ kind: "answers", id: 2, answers });
    await channel.tell({ kind: "answers", id: 1, answers: [] });
    assert.deepEqual(await Promise.all(asked), [[], answers]);
  });

  test("lets nobody wait for answers when the supervisor is gone", async () => {
    const { channel, link } = await opened();
    const asked = link.ask("calls");
    channel.emit("disconnect");
    assert.deepEqual(await asked, []);
  });

  test("knows its own answer when the supervisor is gone", async () => {
    const { channel, link } = await opened();
    link.answer("calls", () => 3);
    channel.connected = false;
    assert.deepEqual(await link.ask("calls"), [{ worker: "w5", answer: 3 }]);
  });

  test("tells of workers that are gone", async () => {
    const { channel, link } = await opened();
    const gone: string[] = [];
    link.onGone((worker) => gone.push(worker));
    await channel.tell({ kind: "gone", worker: "w2" });
    assert.deepEqual(gone, ["w2"]);
  });

  test("passes over what the program says to whoever started it", async () => {
    const { channel } = await opened();
    await channel.tell({ readyOnPort: 1 });
    assert.deepEqual(channel.sent, []);
  });
});

describe("the link of a process that is the only one", () => {
  test("has its own answers, and sockets to open itself", async () => {
    const link = aloneLink();
    link.answer("calls", () => 3);
    assert.deepEqual(await link.ask("calls"), [{ worker: "w1", answer: 3 }]);
    assert.deepEqual(await link.ask("others"), []);
    assert.equal(link.socket("traffic"), undefined);
  });
});
