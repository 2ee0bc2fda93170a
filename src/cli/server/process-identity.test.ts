import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { isRunning, processIdentity } from "./process-identity.ts";

describe("the identity of a process", () => {
  test("is the same each time it is asked for", () => {
    const identity = processIdentity(process.pid);
    assert.ok(identity);
    assert.equal(processIdentity(process.pid), identity);
  });

  test("is another one for a process that was started later", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
    try {
      await once(child, "spawn");
      assert.notEqual(processIdentity(child.pid ?? 0), processIdentity(process.pid));
    } finally {
      child.kill();
    }
  });

  test("is gone when the process has ended", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "close");
    assert.equal(processIdentity(child.pid ?? 0), undefined);
  });

  test("tells a process from a later one with its pid", () => {
    assert.ok(!isRunning({ pid: process.pid, identity: "of an earlier one" }));
  });
});
