import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { FakeClock } from "../../clock/fake-clock.ts";
import { sampleApp } from "../suite/samples.suite.ts";
import { until } from "../suite/test-store.suite.ts";
import { openDatabase, tempServer } from "./temp-database.suite.ts";
import { TempServer } from "./temp-server.suite.ts";

test("ten that open an empty database at once make its tables together", async (t) => {
  const url = await (await tempServer()).createDatabase();
  const stores = await Promise.all(Array.from({ length: 10 }, () => openDatabase(t, url)));
  await Promise.all(stores.map((store, i) => store.apps.insert(sampleApp(`app-${i}`))));
  for (const store of stores) assert.equal((await store.apps.list({ limit: 20 })).length, 10);
});

describe("a server that does not answer", () => {
  test("is tried again every second, until it does", async (t) => {
    const server = await tempServer();
    const url = await server.createDatabase();
    await server.stop();
    const clock = new FakeClock();
    const opened = openDatabase(t, url, { clock });
    await until(async () => clock.pending === 1);
    await server.start();
    await clock.advance(1_000);
    assert.deepEqual(await (await opened).apps.list({ limit: 1 }), []);
  });

  test("is given up after ten tries", async (t) => {
    const url = await nobodysUrl();
    const clock = new FakeClock();
    const refused = assert.rejects(openDatabase(t, url, { clock }), sentence(url, /no server answers there/));
    for (let pause = 1; pause < 10; pause++) {
      await until(async () => clock.pending === 1);
      await clock.advance(1_000);
    }
    await refused;
  });

  test("is not waited for any longer once the signal is aborted", async (t) => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const reason = new Error("stopped");
    const opened = openDatabase(t, await nobodysUrl(), { clock, signal: controller.signal });
    const refused = assert.rejects(opened, (error) => error === reason);
    await until(async () => clock.pending === 1);
    controller.abort(reason);
    await refused;
    assert.equal(clock.pending, 0);
  });
});

describe("a database that cannot be opened is refused with one sentence that shows no user and no password:", () => {
  test("a wrong password", (t) =>
    isRefused(t, /refuses the user or the password/, async (server) =>
      server.url("postgres", { password: "wr:on/g" }),
    ));

  test("an unknown user", (t) =>
    isRefused(t, /refuses the user or the password/, async (server) =>
      server.url("postgres", { user: "nobody" }),
    ));

  test("a database that is not there", (t) =>
    isRefused(t, /no such database/, async (server) => server.url("missing")));

  test("a user who may not make tables", (t) =>
    isRefused(t, /may not make tables/, async (server) => {
      await server.execute("create role reader login password 'r34d-0nly'");
      const url = new URL(await server.createDatabase());
      return server.url(url.pathname.slice(1), { user: "reader", password: "r34d-0nly" });
    }));

  test("tables of another program", (t) =>
    isRefused(t, /another program/, async (server) => {
      const url = await server.createDatabase();
      await server.execute("create table apps (name varchar(256))", url);
      return url;
    }));

  test("tables of a newer version", (t) =>
    isRefused(t, /newer version/, async (server) => {
      const url = await server.createDatabase();
      await (await openDatabase(t, url)).close();
      await server.execute("insert into hotfn_migrations values ('999-later')", url);
      return url;
    }));

  test("a database that can only be read", (t) =>
    isRefused(t, /can only be read/, async (server) => {
      const url = await server.createDatabase();
      await server.execute(
        `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`,
      );
      return url;
    }));

  test("texts that are not encoded as UTF-8", (t) =>
    isRefused(t, /LATIN1/, async (server) => {
      await server.execute("create database latin encoding 'LATIN1' template template0");
      return server.url("latin");
    }));

  test("a server that does not encrypt, where no sslmode allows that", (t) =>
    isRefused(t, /sslmode=disable/, async (server) =>
      server.url("postgres").replace("?sslmode=disable", ""),
    ));
});

test("a database of another program stays as it was", async (t) => {
  const server = await tempServer();
  const url = await server.createDatabase();
  await server.execute("create table triggers (name text)", url);
  await assert.rejects(openDatabase(t, url), { name: "StoreOpenError" });
  const tables = await server.execute("select tablename from pg_tables where schemaname = 'public'", url);
  assert.deepEqual(tables, [{ tablename: "triggers" }]);
});

async function isRefused(
  t: TestContext,
  says: RegExp,
  urlOf: (server: TempServer) => Promise<string>,
): Promise<void> {
  const url = await urlOf(await tempServer());
  await assert.rejects(openDatabase(t, url), sentence(url, says));
}

/** One sentence on one line that names the database and says this; nothing of the error has the password. */
function sentence(url: string, says: RegExp): (error: unknown) => boolean {
  const { host, pathname, username, password } = new URL(url);
  return (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.name, "StoreOpenError");
    assert.ok(
      error.message.startsWith(`cannot open the database postgres://${host}${pathname}: `),
      error.message,
    );
    assert.match(error.message, says);
    assert.doesNotMatch(error.message, /\n/);
    assert.ok(!error.message.includes(username), error.message);
    const shown = inspect(error, { depth: 10, showHidden: true });
    assert.ok(!shown.includes(password) && !shown.includes(decodeURIComponent(password)));
    return true;
  };
}

/** Of a server that has never been started. */
async function nobodysUrl(): Promise<string> {
  const server = await TempServer.make();
  await server.remove();
  return server.url("postgres");
}
