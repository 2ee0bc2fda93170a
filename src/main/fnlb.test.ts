/** The program itself, as whoever runs it meets it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ready, startProgram, tempDir, written } from "../../test/support/programs.ts";

const HERE = ["listen: 127.0.0.1:0", "mgmt-listen: 127.0.0.1:0"];

/** A balancer that is told by a file, which `tell` writes anew. */
async function startWith(t: TestContext, lines: readonly string[]) {
  const path = join(tempDir(t), "fnlb.yaml");
  const tell = (next: readonly string[]) => writeFileSync(path, next.join("\n"));
  tell(lines);
  const program = startProgram(t, "fnlb", ["-config", path]);
  const port = await ready(program);
  return { ...program, url: `http://127.0.0.1:${port}`, tell };
}

describe("fnlb", () => {
  test("says everything that is wrong, and ends with code 2", async (t) => {
    const env = { FN_LB_HC_INTERVAL: "never" };
    const program = startProgram(t, "fnlb", ["-nodes", "http://a", "-policy", "random"], { env });
    assert.equal(await program.ended, 2);
    const lines = program.output().split("\n");
    for (const origin of ["FN_LB_HC_INTERVAL", "-nodes", "-policy"]) {
      assert.ok(
        lines.some((line) => line.startsWith(`fnlb: ${origin}: `)),
        program.output(),
      );
    }
  });

  test("reads its file, and reads it again on SIGHUP: what it can change it does", async (t) => {
    const { child, output, tell, ...program } = await startWith(t, [...HERE, "log-level: info"]);
    tell(["listen: 127.0.0.1:1", "mgmt-listen: 127.0.0.1:0", "log-level: debug"]);
    child.kill("SIGHUP");
    await written({ child, output, ...program }, "need a restart");
    assert.match(output(), /"changed":\["log-level"\]/);
    assert.match(output(), /"settings":\["listen"\]/);
  });

  test("goes on as it was when the file is wrong at SIGHUP, and says why", async (t) => {
    const program = await startWith(t, HERE);
    program.tell([...HERE, "hc-intervall: 3"]);
    program.child.kill("SIGHUP");
    await written(program, "settings not reloaded");
    assert.match(program.output(), /fnlb\.yaml, line 3: hc-intervall/);
    assert.equal((await fetch(`${program.url}/1/lb/nodes`)).status, 200);
  });

  test("ends with code 0 on SIGTERM", async (t) => {
    const { child, ended } = await startWith(t, HERE);
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
  });
});
