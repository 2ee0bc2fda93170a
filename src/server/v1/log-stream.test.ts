import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { HEARTBEAT_MS, LogStream } from "./log-stream.ts";

const MIB_OF_TEXT = "x".repeat(1024 * 1024);

function openStream() {
  const clock = new FakeClock();
  let closed = 0;
  const stream = new LogStream(clock, () => {
    closed++;
  });
  return { clock, stream, closed: () => closed };
}

/** Reads the stream to its end; the kinds of events that came, and the whole text. */
async function readAll(stream: LogStream): Promise<{ readonly kinds: string[]; readonly text: string }> {
  let text = "";
  for await (const part of stream) text += part;
  return { kinds: [...text.matchAll(/^event: (\w+)$/gm)].map(([, kind = ""]) => kind), text };
}

describe("a stream of logs", () => {
  test("begins with the time after which a reader comes back", async () => {
    const { stream } = openStream();
    stream.finish("end", {});
    assert.ok((await readAll(stream)).text.startsWith("retry: 2000\n"));
  });

  test("loses the oldest events when its reader is too slow, and says how many", async () => {
    const { stream } = openStream();
    for (let i = 1; i <= 5; i++) stream.tell("log", { i, text: MIB_OF_TEXT });
    stream.finish("end", {});
    const { kinds, text } = await readAll(stream);
    assert.deepEqual(kinds, ["lost", "log", "end"]);
    assert.match(text, /\nevent: lost\ndata: \{"events":4\}\n\n/);
    assert.match(text, /\ndata: \{"i":5,/);
  });

  test("loses nothing for its last event", async () => {
    const { stream } = openStream();
    stream.tell("log", { text: MIB_OF_TEXT });
    stream.finish("end", { text: MIB_OF_TEXT });
    assert.deepEqual((await readAll(stream)).kinds, ["log", "end"]);
  });

  test("takes nothing more once it has finished", async () => {
    const { stream } = openStream();
    stream.finish("end", {});
    stream.tell("log", {});
    stream.finish("end", {});
    assert.deepEqual((await readAll(stream)).kinds, ["end"]);
  });

  test("sends no heartbeats to a reader who takes nothing", async () => {
    const { clock, stream } = openStream();
    await clock.advance(10 * HEARTBEAT_MS);
    stream.finish("end", {});
    assert.equal((await readAll(stream)).text, "retry: 2000\n:\n\nevent: end\ndata: {}\n\n");
  });

  test("that is stopped ends whole where its reader has taken all, else at once", async () => {
    const [read, unread] = [openStream(), openStream()];
    read.stream.resume();
    await settle();
    for (const { stream } of [read, unread]) stream.stop();
    await settle();
    assert.deepEqual(
      [read, unread].map(({ stream }) => [stream.destroyed, stream.readableEnded]),
      [
        [true, true],
        [true, false],
      ],
    );
  });

  test("tells once that it is closed, and leaves no alarm", async () => {
    const { clock, stream, closed } = openStream();
    stream.destroy();
    stream.destroy();
    await settle();
    assert.deepEqual([closed(), clock.pending], [1, 0]);
  });
});
