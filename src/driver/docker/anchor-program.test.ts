import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { anchorProgram, isArchitecture } from "./anchor-program.ts";

/** The fields of both headers that decide how the kernel loads the file. */
function headersOf(file: Buffer) {
  const field = (at: number) => Number(file.readBigUInt64LE(at));
  return {
    magic: file.toString("latin1", 0, 4),
    type: file.readUInt16LE(16),
    machine: file.readUInt16LE(18),
    entry: field(24),
    programHeaders: { at: field(32), bytes: file.readUInt16LE(54), count: file.readUInt16LE(56) },
    segment: { kind: file.readUInt32LE(64), flags: file.readUInt32LE(68), offset: field(72) },
    address: field(80),
    fileBytes: field(96),
    memoryBytes: field(104),
  };
}

const MACHINES = [
  ["x64", 62],
  ["arm64", 183],
] as const;

for (const [architecture, machine] of MACHINES) {
  describe(`the anchor program for ${architecture}`, () => {
    const file = anchorProgram(architecture);
    const headers = headersOf(file);

    test("is a static executable for that processor", () => {
      const { magic, type } = headers;
      assert.deepEqual([magic, type, headers.machine], ["\x7fELF", 2, machine]);
    });

    test("has one segment, the whole file, which can be read and executed but not written", () => {
      assert.deepEqual(headers.programHeaders, { at: 64, bytes: 56, count: 1 });
      assert.deepEqual(headers.segment, { kind: 1, flags: 0b101, offset: 0 });
      assert.deepEqual([headers.fileBytes, headers.memoryBytes], [file.length, file.length]);
    });

    test("begins with its first instruction, right after the headers", () => {
      assert.equal(headers.entry - headers.address, 120);
    });
  });
}

describe("the anchor program", () => {
  test("is there for two processors", () => {
    assert.deepEqual(["x64", "arm64", "riscv64", "toString"].map(isArchitecture), [true, true, false, false]);
  });

  test("ends its arm64 loop with a jump to its first instruction", () => {
    const file = anchorProgram("arm64");
    const jumpAt = file.length - 4;
    // An unconditional branch counts in instructions, from itself: 6 bits of operation, 26 of distance.
    const distance = (file.readInt32LE(jumpAt) << 6) >> 6;
    assert.equal(jumpAt + distance * 4, 120);
  });

  const { arch, platform } = process;
  const skip = platform !== "linux" || !isArchitecture(arch) ? "needs Linux on x64 or arm64" : false;
  test("waits in the kernel until it is killed", { skip, timeout: 10_000 }, async (t) => {
    const dir = await mkdtemp(join(tmpdir(), "anchor-"));
    t.after(() => rm(dir, { recursive: true }));
    const path = join(dir, "anchor");
    if (isArchitecture(arch)) await writeFile(path, anchorProgram(arch), { mode: 0o755 });
    const program = spawn(path, { stdio: "ignore" });
    const ended = once(program, "exit");
    await once(program, "spawn");
    // The state "S" is that of a process that waits: it has come to its syscall, and used no time since.
    for (let state = ""; state !== "S"; ) {
      state = (await readFile(`/proc/${program.pid}/stat`, "utf8")).split(" ")[2] ?? "";
    }
    program.kill("SIGKILL");
    assert.deepEqual(await ended, [null, "SIGKILL"]);
  });
});
