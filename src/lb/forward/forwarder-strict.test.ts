import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../../clock/random.ts";
import { arrive } from "../../http1/testdata/connection-rig.ts";
import {
  MALFORMED_BODIES,
  MALFORMED_REQUESTS,
  MALFORMED_RESPONSES,
} from "../../http1/testdata/malformed-messages.ts";
import { codeOf, ForwardRig, get, hello, isWhole, statusOf } from "./forward-rig.suite.ts";

describe("what is no request", () => {
  test("is refused with its status, its connection is closed, and no node hears of it", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    for (const [why, bytes, status] of MALFORMED_REQUESTS) {
      await t.test(why, async () => {
        const client = rig.connect();
        client.send(Buffer.from(bytes, "latin1"));
        await rig.until(() => client.hasEnd);
        assert.equal(statusOf(client.text), status);
        assert.equal(client.statuses.length, 1);
        assert.match(client.text, /\r\nConnection: close\r\n/);
        assert.match(codeOf(client.text) ?? "", /^request_|^http_version/);
        assert.doesNotMatch(client.text, /evil/i);
        assert.equal(rig.nodes[0]?.ends.length, 0);
        client.socket.destroy();
      });
    }
  });

  test("is not seen when it comes behind one that is", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const bad = MALFORMED_REQUESTS.filter(([, bytes]) => bytes.length < 1000);
    for (const [why, bytes, status] of bad) {
      await t.test(why, async () => {
        const client = rig.connect();
        const before = rig.nodes[0]?.heads.length ?? 0;
        client.send(Buffer.from(get() + bytes, "latin1"));
        await rig.until(() => client.hasEnd);
        // An empty line before a request is read over.
        assert.deepEqual(client.statuses, ["200", String(status)]);
        assert.equal(rig.nodes[0]?.heads.length, before + 1);
        client.socket.destroy();
      });
    }
  });

  test("in its body is refused, and its connection to the node is closed before it is whole", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    for (const [why, bytes] of MALFORMED_BODIES) {
      await t.test(why, async () => {
        const client = rig.connect();
        client.send(Buffer.from(bytes, "latin1"));
        await rig.until(() => client.hasEnd);
        assert.deepEqual(client.statuses, [statusOf(client.text) === 431 ? "431" : "400"]);
        await rig.until(() => rig.nodes[0]?.ends.every(({ hasEnd }) => hasEnd) === true);
        assert.ok(rig.nodes[0]?.ends.every(({ text }) => !text.endsWith("0\r\n\r\n")));
        client.socket.destroy();
      });
    }
  });
});

describe("what is no response", () => {
  test("gives 502, nothing of it comes through, and its connection is closed", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const [node = assert.fail()] = rig.nodes;
    for (const [why, bytes] of MALFORMED_RESPONSES) {
      await t.test(why, async () => {
        node.serve = ({ socket }) => void socket.write(Buffer.from(bytes, "latin1"));
        const client = rig.connect();
        client.send(get());
        await rig.until(() => isWhole(client.text));
        assert.deepEqual(client.statuses, ["502"]);
        assert.doesNotMatch(client.text, /evil/i);
        assert.equal(codeOf(client.text), "node_failed");
        await rig.until(() => node.ends.every(({ hasEnd, isClosed }) => hasEnd || isClosed));
        client.socket.destroy();
      });
    }
  });
});

test("the malformed messages are as many as were promised", () => {
  assert.ok(MALFORMED_REQUESTS.length + MALFORMED_BODIES.length + MALFORMED_RESPONSES.length >= 300);
});

/** Raise it for a longer run: 10 million take some minutes. */
const MUTATED_BYTES = 1_000_000;

describe("bytes that were changed at random", () => {
  const requests = [
    get("/r/app/f?a=b", "X-A: 1\r\nCookie: a=b\r\n"),
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world`,
    `PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n`,
  ];
  const responses = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello",
    "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
  ];

  test(`break nothing and hold nothing up, ${MUTATED_BYTES} of them`, async (t) => {
    const random = seededRandom(7);
    const rig = await ForwardRig.start(t, [
      ({ socket }) => {
        const bytes = mutated(pick(responses, random), random);
        // What is not whole has to end some time.
        if (random.next() < 0.5) socket.end(bytes);
        else socket.write(bytes);
        setImmediate(() => setImmediate(() => socket.end()));
      },
    ]);
    let bytes = 0;
    while (bytes < MUTATED_BYTES) {
      const clients = Array.from({ length: 20 }, () => rig.connect());
      for (const client of clients) {
        const text = Buffer.concat([0, 1, 2].map(() => mutated(pick(requests, random), random)));
        bytes += text.length;
        client.socket.end(text);
      }
      await rig.until(() => clients.every(({ hasEnd, isClosed }) => hasEnd || isClosed));
      for (const client of clients) {
        assert.match(client.text, /^$|^HTTP\/1\.1 [1-5]\d\d /);
        client.socket.destroy();
      }
      rig.clients.length = 0;
      for (const node of rig.nodes) node.ends.length = 0;
      for (const node of rig.nodes) node.heads.length = 0;
    }
    await arrive();
    await rig.until(() => rig.placings.every(({ ends }) => ends > 0));
    rig.nodes.forEach((node) => {
      node.serve = hello;
    });
    assert.equal(statusOf(await rig.ask(get())), 200);
    assert.deepEqual(rig.errors, []);
    assert.equal(rig.forwarder.kept.bytes, 0);
  });
});

type Chance = ReturnType<typeof seededRandom>;

function pick(texts: readonly string[], random: Chance): string {
  return texts[Math.floor(random.next() * texts.length)] ?? "";
}

/** A few bytes of it are others, or twice there, or missing. */
function mutated(text: string, random: Chance): Buffer {
  const bytes = [...Buffer.from(text, "latin1")];
  for (let i = Math.floor(random.next() * 4); i > 0; i--) {
    const at = Math.floor(random.next() * bytes.length);
    const byte =
      random.next() < 0.5
        ? Math.floor(random.next() * 256)
        : (bytes[Math.floor(random.next() * bytes.length)] ?? 0);
    bytes.splice(at, Math.floor(random.next() * 3), ...(random.next() < 0.7 ? [byte] : []));
  }
  return Buffer.from(bytes);
}
