import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { settle } from "../../clock/fake-clock.ts";
import { endedWritable, LateReadable, LateWritable } from "./late-streams.ts";

describe("an input that comes before its process", () => {
  test("keeps what is written, and the end, until the process is there", async () => {
    const input = new LateWritable();
    const target = new PassThrough();
    input.write("a");
    input.end("b");
    input.connect(target);
    assert.equal(await text(target), "ab");
  });

  test("calls back only when the process's own stream has taken the bytes", async () => {
    const input = new LateWritable();
    const target = new PassThrough({ highWaterMark: 1 });
    input.connect(target);
    let isTaken = false;
    input.write("fills the pipe");
    input.write("waits", () => {
      isTaken = true;
    });
    await settle();
    assert.equal(isTaken, false);
    target.resume();
    await settle();
    assert.equal(isTaken, true);
  });

  test("fails what waits when it is destroyed first", async () => {
    const input = new LateWritable();
    const failure = new Promise((resolve) => input.write("a", resolve));
    input.destroy();
    assert.ok((await failure) instanceof Error);
  });

  test("closes with the process's own stream", async () => {
    const input = new LateWritable();
    const target = new PassThrough();
    input.connect(target);
    target.destroy(new Error("EPIPE"));
    await settle();
    assert.equal(input.destroyed, true);
  });

  test("closes at once when the process's own stream has closed before", async () => {
    const input = new LateWritable();
    const target = new PassThrough().destroy();
    await settle();
    input.connect(target);
    assert.equal(input.destroyed, true);
  });

  test("closes the process's own stream, also when it was destroyed before", () => {
    const early = new LateWritable().destroy();
    const late = new LateWritable();
    const targets = [new PassThrough(), new PassThrough()] as const;
    early.connect(targets[0]);
    late.connect(targets[1]);
    late.destroy();
    assert.deepEqual([targets[0].destroyed, targets[1].destroyed], [true, true]);
  });
});

describe("an output that comes before its process", () => {
  test("closes at once when the process's own stream has broken before", async () => {
    const output = new LateReadable();
    const source = new PassThrough().on("error", () => {});
    source.destroy(new Error("reset"));
    await settle();
    output.connect(source);
    assert.equal(output.errored?.message, "reset");
  });

  test("hands on everything, and the end", async () => {
    const output = new LateReadable();
    const whole = text(output);
    const source = new PassThrough();
    output.connect(source);
    source.write("a");
    source.end("b");
    assert.equal(await whole, "ab");
  });

  test("stops reading while nobody takes it", async () => {
    const output = new LateReadable();
    const source = new PassThrough();
    output.connect(source);
    source.write(Buffer.alloc(output.readableHighWaterMark));
    await settle();
    assert.equal(source.isPaused(), true);
    output.resume();
    await settle();
    assert.equal(source.isPaused(), false);
  });

  test("breaks off when the process's own stream does", async () => {
    const output = new LateReadable();
    const source = new PassThrough();
    output.connect(source);
    source.destroy();
    await assert.rejects(text(output));
  });
});

test("an input that is not there has ended", () => {
  assert.equal(endedWritable().writableEnded, true);
});
