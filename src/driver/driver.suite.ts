import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { type ErrorCode, FnError } from "../model/errors.ts";
import type { Container, ContainerSpec, Driver } from "./driver.ts";

/** What every driver does. The functions it does it with are made by each driver's own test, as images. */
export type Behaviour =
  /** Copies its input to its output until the input ends, then ends with code 0. */
  | "echo"
  /** Ends at once with code 7. */
  | "exit-7"
  /** Ends itself with SIGTERM. */
  | "die"
  /** Writes `out` to stdout and `err` to stderr, and ends. */
  | "speak"
  /** Writes its environment to stdout, as a JSON object, and ends. */
  | "env"
  /** Writes `FLOOD_BYTES` to stdout and ends. */
  | "flood"
  /** Runs until it is killed, whatever happens to its input. */
  | "linger"
  /** Ends at once, and leaves a child that holds its streams open. */
  | "brood"
  /** Listens on the socket of FN_LISTENER, then writes `up` to stdout; answers each connection with `hello`. */
  | "listen";

/** More than all buffers between a function and its reader hold. */
export const FLOOD_BYTES = 4 * 1024 * 1024;

/** A container that hangs fails its test, instead of holding up all the others. */
export const HANG_LIMIT = { timeout: 30_000 };

/** What a driver's test says of it. */
export interface DriverProfile {
  open(): Promise<Driver>;
  image(behaviour: Behaviour): string;
  readonly missingImage: string;
  /** Variables that the runtime adds to those of the spec, besides FN_LISTENER. */
  readonly runtimeVariables: readonly string[];
  /** What this driver cannot show, with the reason. */
  readonly skip?: { readonly [K in "socket" | "children" | "signal"]?: string };
}

export function suiteOfDriver(name: string, profile: DriverProfile): void {
  const never = new AbortController().signal;
  const skip = profile.skip ?? {};
  let containers = 0;

  async function openDriver(t: TestContext): Promise<Driver> {
    const driver = await profile.open();
    t.after(() => driver.close());
    return driver;
  }

  function specOf(behaviour: Behaviour, more: Partial<ContainerSpec> = {}): ContainerSpec {
    // A runtime may have one space of names for every test run of the machine.
    const id = `suite-${process.pid}-${++containers}`;
    const image = profile.image(behaviour);
    const limits = { memoryMib: 128, cpusMilli: 0 };
    return { id, appId: "app-1", image, env: {}, hostname: "node-1", channel: "stdio", ...limits, ...more };
  }

  async function start(driver: Driver, behaviour: Behaviour, more?: Partial<ContainerSpec>) {
    const container = await driver.create(specOf(behaviour, more), never);
    await container.start(never);
    return container;
  }

  /** Gives everything else time to happen: another container lives its whole life. */
  async function anotherLife(driver: Driver): Promise<void> {
    const other = await start(driver, "exit-7");
    await other.exited;
  }

  describe(`${name}: images`, HANG_LIMIT, () => {
    test("an image that is there can be prepared", async (t) => {
      const driver = await openDriver(t);
      await driver.prepare(profile.image("echo"), never);
    });

    test("an image that is not there is refused", async (t) => {
      const driver = await openDriver(t);
      await rejects(driver.prepare(profile.missingImage, never), "image_not_found");
      await rejects(driver.create(specOf("echo", { image: profile.missingImage }), never), "image_not_found");
    });

    test("an aborted signal ends prepare, create and start with its reason", async (t) => {
      const driver = await openDriver(t);
      const container = await driver.create(specOf("echo"), never);
      const gone = AbortSignal.abort(new Error("the caller left"));
      await assert.rejects(driver.prepare(profile.image("echo"), gone), gone.reason);
      await assert.rejects(driver.create(specOf("echo"), gone), gone.reason);
      await assert.rejects(container.start(gone), gone.reason);
    });
  });

  describe(`${name}: start and end`, HANG_LIMIT, () => {
    test("a container has the id of its spec", async (t) => {
      const driver = await openDriver(t);
      const id = `suite-own-id-${process.pid}`;
      const container = await driver.create(specOf("echo", { id }), never);
      assert.equal(container.id, id);
    });

    test("a container does not run before it is started", async (t) => {
      const driver = await openDriver(t);
      const container = await driver.create(specOf("exit-7"), never);
      const hasEnded = flagOf(container.exited);
      await anotherLife(driver);
      assert.equal(hasEnded(), false);
    });

    test("a function that ends tells its exit code", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "exit-7");
      assert.deepEqual(await container.exited, { code: 7, signal: undefined, outOfMemory: false });
    });

    test("a function that a signal ended has no exit code", { skip: skip.signal }, async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "die");
      assert.deepEqual(await container.exited, { code: undefined, signal: "SIGTERM", outOfMemory: false });
    });

    test("a container cannot be started twice", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "linger");
      await assert.rejects(container.start(never), /cannot start/);
    });

    test("what a function leaves behind ends with it", { skip: skip.children }, async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "brood");
      await container.exited;
      // The output only comes to its end when nobody holds it any more.
      await text(container.stdout);
    });
  });

  describe(`${name}: streams`, HANG_LIMIT, () => {
    test("what is written to stdin arrives, and so does its end", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "echo");
      container.stdin.end("ping");
      assert.equal(await text(container.stdout), "ping");
      assert.equal((await container.exited).code, 0);
    });

    test("what is written before the start arrives after it", async (t) => {
      const driver = await openDriver(t);
      const container = await driver.create(specOf("echo"), never);
      container.stdin.end("early");
      await container.start(never);
      assert.equal(await text(container.stdout), "early");
    });

    test("input and output go back and forth while the function runs", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "echo");
      const answers = iterate(container.stdout);
      for (const word of ["one", "two", "three"]) {
        container.stdin.write(word);
        assert.equal(String((await answers.next()).value), word);
      }
    });

    test("stdout and stderr are apart", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "speak");
      const [out, err] = await Promise.all([text(container.stdout), text(container.stderr)]);
      assert.deepEqual([out.trim(), err.trim()], ["out", "err"]);
    });

    test("output that nobody reads holds the function up", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "flood");
      const hasEnded = flagOf(container.exited);
      await once(container.stdout, "readable");
      const whole = await start(driver, "flood");
      whole.stdout.resume();
      await whole.exited;
      assert.equal(hasEnded(), false);
    });

    test("large output arrives whole", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "flood");
      let bytes = 0;
      for await (const part of container.stdout) bytes += part.length;
      assert.equal(bytes, FLOOD_BYTES);
    });

    test("writing to a function that has ended fails, and harms nobody else", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "exit-7");
      await container.exited;
      const error = await new Promise((resolve) => container.stdin.write("late", resolve));
      assert.ok(error instanceof Error);
    });
  });

  describe(`${name}: environment`, HANG_LIMIT, () => {
    test("a function sees the variables of its spec, those of the runtime and no others", async (t) => {
      const driver = await openDriver(t);
      const env = { FN_APP_NAME: "myapp", GREETING: "hello, wörld\nand all", EMPTY: "" };
      const seen = await environmentOf(await start(driver, "env", { env }));
      const rest = Object.keys(seen).filter((key) => !(key in env));
      assert.deepEqual({ ...seen, ...env }, seen);
      assert.deepEqual(rest.sort(), [...profile.runtimeVariables].sort());
    });

    test("HOSTNAME is the name of the node", async (t) => {
      const driver = await openDriver(t);
      const seen = await environmentOf(await start(driver, "env", { hostname: "node-7" }));
      assert.equal(seen.HOSTNAME, "node-7");
    });
  });

  describe(`${name}: channel socket`, { ...HANG_LIMIT, skip: skip.socket }, () => {
    test("the function listens where FN_LISTENER says, and is reached at socketPath", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "listen", { channel: "socket" });
      await once(container.stdout, "readable");
      const socket = connect(container.socketPath ?? "");
      assert.equal(await text(socket), "hello");
    });

    test("the function's input is at its end, and so is the container's", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "echo", { channel: "socket" });
      assert.equal(container.stdin.writableEnded, true);
      assert.equal((await container.exited).code, 0);
    });

    test("with channel stdio there is no socket", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "env");
      assert.equal(container.socketPath, undefined);
      assert.equal("FN_LISTENER" in (await environmentOf(container)), false);
    });
  });

  describe(`${name}: pause`, HANG_LIMIT, () => {
    test("a paused container does nothing until it is unpaused", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "echo");
      await container.pause();
      container.stdin.write("ping");
      const answer = iterate(container.stdout).next();
      const hasAnswered = flagOf(answer);
      await anotherLife(driver);
      assert.equal(hasAnswered(), false);

      await container.unpause();
      assert.equal(String((await answer).value), "ping");
    });

    test("a container that has ended cannot be paused", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "exit-7");
      await container.exited;
      await rejects(container.pause(), "container_exited");
    });

    test("only what runs can be paused, and only what is paused can be unpaused", async (t) => {
      const driver = await openDriver(t);
      const container = await driver.create(specOf("linger"), never);
      await assert.rejects(container.pause(), /cannot pause/);
      await container.start(never);
      await assert.rejects(container.unpause(), /cannot unpause/);
    });
  });

  describe(`${name}: remove`, HANG_LIMIT, () => {
    test("a running container ends, and its streams close", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "linger");
      await container.remove();
      await container.exited;
      const { stdin, stdout, stderr } = container;
      assert.deepEqual([stdin.destroyed, stdout.destroyed, stderr.destroyed], [true, true, true]);
    });

    test("a paused container ends too", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "linger");
      await container.pause();
      await container.remove();
      await container.exited;
    });

    test("a container that never ran has neither exit code nor signal", async (t) => {
      const driver = await openDriver(t);
      const container = await driver.create(specOf("linger"), never);
      await container.remove();
      assert.deepEqual(await container.exited, { code: undefined, signal: undefined, outOfMemory: false });
    });

    test("a removed container cannot be started", async (t) => {
      const driver = await openDriver(t);
      const container = await driver.create(specOf("linger"), never);
      await container.remove();
      await rejects(container.start(never), "container_start_failed");
    });

    test("removing twice is removing once", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "linger");
      await Promise.all([container.remove(), container.remove()]);
      await container.remove();
    });

    test("what a function wrote before it ended by itself can be read until then", async (t) => {
      const driver = await openDriver(t);
      const container = await start(driver, "speak");
      await container.exited;
      assert.equal((await text(container.stdout)).trim(), "out");
      await container.remove();
    });
  });

  describe(`${name}: close`, HANG_LIMIT, () => {
    test("every container ends, also one that never ran", async () => {
      const driver = await profile.open();
      const running = await start(driver, "linger");
      const created = await driver.create(specOf("linger"), never);
      await driver.close();
      await Promise.all([running.exited, created.exited]);
    });

    test("no container is made any more", async () => {
      const driver = await profile.open();
      await driver.close();
      await rejects(driver.create(specOf("echo"), never), "server_stopping");
    });

    test("closing twice is closing once", async () => {
      const driver = await profile.open();
      await Promise.all([driver.close(), driver.close()]);
    });
  });
}

async function environmentOf(container: Container): Promise<Record<string, string>> {
  return JSON.parse(await text(container.stdout));
}

/** Leaves the stream open, unlike `for await`. */
function iterate(stream: Readable): AsyncIterator<Buffer> {
  return stream[Symbol.asyncIterator]();
}

function flagOf(promise: Promise<unknown>): () => boolean {
  let isSettled = false;
  void promise.then(() => {
    isSettled = true;
  });
  return () => isSettled;
}

async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof FnError && error.code === code);
}
