import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import { parseCredentials } from "./credentials.ts";
import { connectEngine } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";
import { ImageStore } from "./image.ts";

const never = new AbortController().signal;

/** An engine that has no image until it is pulled; `pull` answers the request for that. */
async function rigOf(t: TestContext, pull: (request: IncomingMessage, answer: ServerResponse) => void) {
  const seen = { inspects: 0, pulls: [] as IncomingMessage[] };
  const present = new Set<string>();
  const server = await startFakeServer((request, answer) => {
    const url = new URL(request.url ?? "", "http://engine");
    if (request.method === "POST") {
      seen.pulls.push(request);
      pull(request, answer);
      return;
    }
    seen.inspects++;
    const isThere = present.has(decodeURIComponent(url.pathname.split("/")[2] ?? ""));
    answer.writeHead(isThere ? 200 : 404, { "Content-Type": "application/json" }).end("{}");
  });
  t.after(() => server.stop());
  const clock = new FakeClock();
  const config = JSON.stringify({ auths: { "example.com": { auth: btoa("ada:secret") } } });
  const credentials = parseCredentials(config, pino({ level: "silent" }));
  const backoff = { clock, random: seededRandom(1) };
  const images = new ImageStore(connectEngine(`tcp://${server.host}`), credentials, backoff);
  return { images, seen, present, clock };
}

function succeed(_request: IncomingMessage, answer: ServerResponse): void {
  answer.writeHead(200).end('{"status":"Pulling"}\r\n{"status":"Done"}\r\n');
}

/** As an engine refuses before it has begun, and once it has. */
function refuse(status: number, message: string) {
  return (_request: IncomingMessage, answer: ServerResponse) => {
    answer.writeHead(status, { "Content-Type": "application/json" });
    if (status === 200) answer.end(`{"status":"Pulling"}\r\n${JSON.stringify({ error: message })}\r\n`);
    else answer.end(JSON.stringify({ message }));
  };
}

describe("an image", () => {
  test("that is there is not pulled, and asked for only once", async (t) => {
    const { images, seen, present } = await rigOf(t, succeed);
    present.add("hello:1");
    await images.ensure("hello:1", never);
    await images.ensure("hello:1", never);
    assert.deepEqual([seen.inspects, seen.pulls.length], [1, 0]);
  });

  test("that many want at once is pulled once", async (t) => {
    const { images, seen } = await rigOf(t, succeed);
    await Promise.all([1, 2, 3].map(() => images.ensure("hello:1", never)));
    assert.equal(seen.pulls.length, 1);
  });

  test("that the engine has lost is looked for, and pulled, again", async (t) => {
    const { images, seen } = await rigOf(t, succeed);
    await images.ensure("hello:1", never);
    images.forget("hello:1");
    await images.ensure("hello:1", never);
    assert.deepEqual([seen.inspects, seen.pulls.length], [2, 2]);
  });

  test("without a tag is the latest, and not all there are", async (t) => {
    const { images, seen } = await rigOf(t, succeed);
    await images.ensure("example.org:5000/hello", never);
    const query = new URL(seen.pulls[0]?.url ?? "", "http://engine").searchParams;
    assert.deepEqual([query.get("fromImage"), query.get("tag")], ["example.org:5000/hello", "latest"]);
  });

  test("goes on being pulled when the caller leaves, for the next one", async (t) => {
    const pulling = Promise.withResolvers<ServerResponse>();
    const { images, seen } = await rigOf(t, (_request, answer) => pulling.resolve(answer));
    const caller = new AbortController();
    const leaving = images.ensure("hello:1", caller.signal);
    const answer = await pulling.promise;
    caller.abort(new Error("the caller left"));
    await assert.rejects(leaving, /the caller left/);

    const waiting = images.ensure("hello:1", never);
    answer.end("{}\n");
    await waiting;
    assert.equal(seen.pulls.length, 1);
  });
});

describe("a pull that fails", () => {
  const failures: readonly (readonly [code: ErrorCode, status: number, message: string])[] = [
    ["image_not_found", 404, "manifest for hello:1 not found: manifest unknown: manifest unknown"],
    ["image_not_found", 404, "pull access denied for hello, repository does not exist or may require login"],
    ["image_unauthorized", 500, "Head https://example.com/v2/: unauthorized: authentication required"],
    ["image_unauthorized", 500, "Get https://example.com/v2/: no basic auth credentials"],
    ["image_unreachable", 500, "Get https://example.com/v2/: dial tcp: lookup example.com: no such host"],
    ["image_unreachable", 200, "Get https://example.com/v2/: net/http: TLS handshake timeout"],
    ["image_unreachable", 500, "something that nobody has seen before"],
    ["image_invalid", 400, "invalid reference format: repository name must be lowercase"],
  ];
  for (const [code, status, message] of failures) {
    test(`is ${code} when the engine says ${status}, ${message}`, async (t) => {
      const { images } = await rigOf(t, refuse(status, message));
      await assert.rejects(images.ensure("hello:1", never), (error) => {
        assert.ok(error instanceof FnError);
        assert.equal(error.code, code);
        assert.equal(error.message, `Failed to pull image 'hello:1': ${message}`);
        return true;
      });
    });
  }

  test("is engine_unreachable when the engine breaks off", async (t) => {
    const { images } = await rigOf(t, (_request, answer) => {
      answer.writeHead(200).write('{"status":"Pulling"}\n');
      answer.destroy();
    });
    await assert.rejects(images.ensure("hello:1", never), { code: "engine_unreachable" });
  });

  test("is not tried again for a while, and says for how long", async (t) => {
    const { images, seen, clock } = await rigOf(t, refuse(404, "not found"));
    await assert.rejects(images.ensure("hello:1", never), { retryAfterS: undefined });
    await assert.rejects(images.ensure("hello:1", never), { code: "image_not_found", retryAfterS: 1 });
    assert.equal(seen.pulls.length, 1);
    await clock.advance(1_000);
    await assert.rejects(images.ensure("hello:1", never), { retryAfterS: undefined });
    assert.equal(seen.pulls.length, 2);
  });

  test("holds up no image that came some other way", async (t) => {
    const { images, present } = await rigOf(t, refuse(404, "not found"));
    await assert.rejects(images.ensure("hello:1", never));
    present.add("hello:1");
    await images.ensure("hello:1", never);
  });

  test("holds up no other image", async (t) => {
    const { images, seen } = await rigOf(t, refuse(404, "not found"));
    await assert.rejects(images.ensure("hello:1", never));
    await assert.rejects(images.ensure("other:1", never), { retryAfterS: undefined });
    assert.equal(seen.pulls.length, 2);
  });
});

describe("the credentials of a registry", () => {
  const images: readonly (readonly [image: string, isSent: boolean])[] = [
    ["example.com/hello:1", true],
    ["EXAMPLE.com/team/hello:1", true],
    ["example.com:5000/hello:1", false],
    ["registry.example.com/hello:1", false],
    ["notexample.com/hello:1", false],
    ["hello:1", false],
  ];
  for (const [image, isSent] of images) {
    test(`are ${isSent ? "" : "not "}sent for ${image}`, async (t) => {
      const { images, seen } = await rigOf(t, succeed);
      await images.ensure(image, never);
      const header = seen.pulls[0]?.headers["x-registry-auth"];
      const login = header && JSON.parse(Buffer.from(String(header), "base64url").toString());
      const expected = { username: "ada", password: "secret", serveraddress: "example.com" };
      assert.deepEqual(login, isSent ? expected : undefined);
    });
  }
});
