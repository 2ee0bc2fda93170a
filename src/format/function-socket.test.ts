import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { connectWhenReady } from "./function-socket.ts";
import { eventually, never, rejects } from "./testdata/scripted-function.ts";

describe("a function that listens", () => {
  test("is connected to when its socket is there already", async (t) => {
    const { path, listen } = await directory(t);
    await listen("lsnr.sock");
    await connects(connectWhenReady(path, new FakeClock(), never()));
  });

  test("is connected to when it links the name to its socket", async (t) => {
    const { path, folder, listen } = await directory(t);
    const ready = connectWhenReady(path, new FakeClock(), never());
    await listen("lsnr.sock.tmp");
    await symlink("lsnr.sock.tmp", join(folder, "lsnr.sock"));
    await connects(ready);
  });

  test("is connected to once it really listens, if it bound the name itself", async (t) => {
    const { path, folder, listen } = await directory(t);
    // The file of a server that is gone takes no connection, like one that does not listen yet.
    const gone = await listen("old.sock");
    await rename(join(folder, "old.sock"), path);
    gone.close();
    const clock = new FakeClock();
    const ready = connectWhenReady(path, clock, never());
    await eventually(() => clock.pending > 0);
    await listen("new.sock");
    await rename(join(folder, "new.sock"), path);
    await clock.advance(1000);
    await connects(ready);
  });
});

describe("a function that does not listen", () => {
  test("is waited for until the caller gives up", async (t) => {
    const { path, folder } = await directory(t);
    const cancel = new AbortController();
    const refused = rejects(connectWhenReady(path, new FakeClock(), cancel.signal), "container_init_timeout");
    await writeFile(join(folder, "something-else"), "");
    await settle();
    cancel.abort(new FnError("container_init_timeout"));
    await refused;
  });

  test("is not waited for when the caller has given up already", async (t) => {
    const { path } = await directory(t);
    const signal = AbortSignal.abort(new FnError("client_gone"));
    await rejects(connectWhenReady(path, new FakeClock(), signal), "client_gone");
  });

  test("and whose directory is gone is this platform's fault", async (t) => {
    const { folder } = await directory(t);
    const path = join(folder, "missing", "lsnr.sock");
    await rejects(connectWhenReady(path, new FakeClock(), never()), "container_start_failed");
  });

  for (const [what, target] of [
    ["an absolute link", "/tmp/lsnr.sock.tmp"],
    ["a link out of its directory", "../lsnr.sock.tmp"],
    ["a link with a directory in it", "./lsnr.sock.tmp"],
    ["a link to its directory", "."],
    ["a link to nothing", "nothing"],
    ["a link to a plain file", "plain"],
    ["a link to a link", "link"],
  ] as const) {
    test(`but puts ${what} there is refused`, async (t) => {
      const { path, folder, listen } = await directory(t);
      await listen("lsnr.sock.tmp");
      await writeFile(join(folder, "plain"), "");
      await symlink("lsnr.sock.tmp", join(folder, "link"));
      const refused = rejects(connectWhenReady(path, new FakeClock(), never()), "container_init_failed");
      await symlink(target, path);
      await refused;
    });
  }

  test("but puts a plain file there is refused", async (t) => {
    const { path } = await directory(t);
    const refused = rejects(connectWhenReady(path, new FakeClock(), never()), "container_init_failed");
    await writeFile(path, "");
    await refused;
  });
});

async function directory(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "fn-"));
  const servers: Server[] = [];
  t.after(async () => {
    for (const server of servers) server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder,
    path: join(folder, "lsnr.sock"),
    async listen(name: string) {
      const server = createServer((socket) => socket.resume());
      servers.push(server);
      server.listen(join(folder, name));
      await once(server, "listening");
      return server;
    },
  };
}

async function connects(ready: ReturnType<typeof connectWhenReady>): Promise<void> {
  const socket = await ready;
  assert.equal(socket.readyState, "open");
  socket.destroy();
}
