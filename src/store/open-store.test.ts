import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import { openStore } from "./open-store.ts";
import { tempFolder, tempPath } from "./sqlite/temp-database.suite.ts";
import { sampleApp } from "./suite/samples.suite.ts";

describe("a db url", () => {
  test("sqlite3:///… names a file by its absolute path", async (t) => {
    const path = tempPath(t);
    await (await openStore(`sqlite3://${path}`)).close();
    assert.ok(existsSync(path));
  });

  test("sqlite3://… names a file from the working directory on", async (t) => {
    const path = tempPath(t);
    await (await openStore(`sqlite3://${relative(process.cwd(), path)}`)).close();
    assert.ok(existsSync(path));
  });

  test("sqlite3://:memory: names a store that no file holds", async () => {
    const store = await openStore("sqlite3://:memory:");
    await store.apps.insert(sampleApp("demo"));
    assert.equal((await store.apps.get({ name: "demo" }))?.name, "demo");
    await store.close();
    assert.ok(!existsSync(":memory:"));
  });

  test("is taken as it stands: nothing in it is an escape or an option", async (t) => {
    const path = join(tempFolder(t), "a%20b?mode=ro#c.db");
    await (await openStore(`sqlite3://${path}`)).close();
    assert.ok(existsSync(path));
  });

  for (const scheme of ["postgres", "postgresql"]) {
    test(`${scheme}://… names a database of a PostgreSQL server`, async () => {
      await assert.rejects(openStore(`${scheme}://me:secret@db.example`), {
        name: "StoreOpenError",
        message: /^db url names no host, user or database/,
      });
    });
  }

  test("with another scheme is refused with a sentence that names the scheme and what to use", async () => {
    await assert.rejects(openStore("mysql://user:secret@tcp(db:3306)/fn"), {
      name: "StoreOpenError",
      message:
        "db type not supported mysql: use sqlite3:///path/to/fn.db or postgres://user:password@host:5432/database",
    });
  });

  test("without a scheme is refused", async () => {
    await assert.rejects(openStore("/data/fn.db"), { name: "StoreOpenError" });
  });

  test("without a file is refused", async () => {
    await assert.rejects(openStore("sqlite3://"), { name: "StoreOpenError" });
  });
});

describe("opening a file", () => {
  test("makes the folders on the way to it", async (t) => {
    const path = join(tempFolder(t), "a", "b", "fn.db");
    await (await openStore(`sqlite3://${path}`)).close();
    assert.ok(existsSync(path));
  });

  test("leaves nothing beside the file once the store is closed", async (t) => {
    const path = tempPath(t);
    await (await openStore(`sqlite3://${path}`)).close();
    assert.deepEqual(readdirSync(dirname(path)), ["fn.db"]);
  });

  test("waits for one that reads, where the file is not in write-ahead mode yet", async (t) => {
    const path = tempPath(t);
    await (await openStore(`sqlite3://${path}`)).close();
    const reader = new DatabaseSync(path);
    t.after(() => reader.close());
    reader.exec("pragma journal_mode = delete; begin; select * from apps");
    const clock = new FakeClock();
    const opened = openStore(`sqlite3://${path}`, clock);
    await clock.advance(100);
    assert.equal(clock.pending, 1);
    reader.exec("commit");
    await clock.advance(100);
    await (await opened).close();
  });

  test("takes an empty file as a new one", async (t) => {
    const path = tempPath(t);
    writeFileSync(path, "");
    const store = await openStore(`sqlite3://${path}`);
    assert.deepEqual(await store.apps.list({ limit: 1 }), []);
    await store.close();
  });
});

describe("a file that cannot be opened is refused with one sentence, and left as it was:", () => {
  for (const [kind, content] of [
    ["a short text", "hello"],
    ["a long text", "hello world ".repeat(1000)],
  ] as const) {
    test(`${kind} instead of a database`, async (t) => {
      const path = tempPath(t);
      writeFileSync(path, content);
      await assert.rejects(openStore(`sqlite3://${path}`), refusal(path, /not an SQLite file/));
      assert.equal(readFileSync(path, "utf8"), content);
      assert.deepEqual(readdirSync(dirname(path)), ["fn.db"]);
    });
  }

  test("a database of another program", async (t) => {
    const path = tempPath(t);
    execute(path, "create table apps (name varchar(256))");
    const before = readFileSync(path);
    await assert.rejects(openStore(`sqlite3://${path}`), refusal(path, /another program/));
    assert.deepEqual(readFileSync(path), before);
  });

  test("a database of a newer version", async (t) => {
    const path = tempPath(t);
    await (await openStore(`sqlite3://${path}`)).close();
    execute(path, "insert into kysely_migration values ('999-later', '2099-01-01T00:00:00.000Z')");
    await assert.rejects(openStore(`sqlite3://${path}`), refusal(path, /newer version/));
  });

  test("a damaged database", async (t) => {
    const path = tempPath(t);
    await (await openStore(`sqlite3://${path}`)).close();
    const bytes = readFileSync(path);
    // Behind the 100 bytes of the file's header is the first page of the table of tables.
    writeFileSync(path, bytes.fill(0xff, 100, 4096));
    await assert.rejects(openStore(`sqlite3://${path}`), refusal(path, /damaged/));
  });

  test("a folder", async (t) => {
    const path = tempFolder(t);
    await assert.rejects(openStore(`sqlite3://${path}`), refusal(path, /cannot be written/));
  });

  test("a file below a file", async (t) => {
    const path = tempPath(t);
    writeFileSync(path, "");
    await assert.rejects(openStore(`sqlite3://${path}/fn.db`), refusal(path, /folder cannot be made/));
  });

  test("a file that this user may not write", async (t) => {
    const path = tempPath(t);
    writeFileSync(path, "");
    chmodSync(dirname(path), 0o755);
    chmodSync(path, 0o444);
    await asOrdinaryUser(() =>
      assert.rejects(openStore(`sqlite3://${path}`), refusal(path, /cannot be written/)),
    );
    assert.equal(readFileSync(path, "utf8"), "");
  });

  test("a folder that this user may not write", async (t) => {
    const folder = tempFolder(t);
    const path = join(folder, "data", "fn.db");
    mkdirSync(dirname(path));
    chmodSync(folder, 0o755);
    chmodSync(dirname(path), 0o555);
    await asOrdinaryUser(() =>
      assert.rejects(openStore(`sqlite3://${path}`), refusal(path, /cannot be written/)),
    );
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  test("a file that another process keeps locked", async (t) => {
    const path = tempPath(t);
    const other = new DatabaseSync(path);
    t.after(() => other.close());
    other.exec("begin immediate");
    const clock = new FakeClock();
    const refused = assert.rejects(openStore(`sqlite3://${path}`, clock), refusal(path, /locked/));
    await clock.advance(60_000);
    await refused;
  });
});

/** One sentence on one line that names the file and says this. */
function refusal(path: string, says: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.name, "StoreOpenError");
    assert.ok(error.message.startsWith(`cannot open the database ${path}`), error.message);
    assert.match(error.message, says);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  };
}

/** Root may write everywhere, so it becomes somebody else for a moment. */
async function asOrdinaryUser(action: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return action();
  process.seteuid?.(65534);
  try {
    await action();
  } finally {
    process.seteuid?.(0);
  }
}

function execute(path: string, sql: string): void {
  using database = new DatabaseSync(path);
  database.exec(sql);
}
