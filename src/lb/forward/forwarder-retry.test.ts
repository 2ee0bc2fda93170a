import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bodyOf,
  codeOf,
  ForwardRig,
  get,
  hello,
  ok,
  post,
  type Serve,
  says,
  statusOf,
  valuesOf,
} from "./forward-rig.suite.ts";

const breaksOff: Serve = ({ socket }) => void socket.destroy();
/** Answers the first request of each connection, and breaks off at the second. */
const answersOnce: Serve = (end) => {
  const count = end.text.split(" HTTP/1.1\r\n").length - 1;
  if (count > 1) end.socket.destroy();
  else end.socket.write(ok("hello"));
};

const KEY = "Idempotency-Key: 1\r\n";

describe("a node that cannot be reached", () => {
  for (const [name, request] of [
    ["GET", get()],
    ["POST", post("body")],
  ] as const) {
    test(`is passed over for a ${name}, whole as it is`, async (t) => {
      const rig = await ForwardRig.start(t, [hello, hello]);
      rig.nodes[0]?.stop();
      assert.equal(statusOf(await rig.ask(request)), 200);
      assert.deepEqual(rig.retried, [[rig.nodes[0]?.name, "unreachable"]]);
      assert.deepEqual(
        rig.outcomes.map(({ kind }) => kind),
        ["unreachable", "ok"],
      );
      assert.deepEqual(
        rig.placings.map(({ ends }) => ends),
        [1, 1],
      );
    });
  }

  test("was not sent the body: that goes to the next one", async (t) => {
    const rig = await ForwardRig.start(t, [hello, hello]);
    rig.nodes[0]?.stop();
    await rig.ask(post("x".repeat(200_000)));
    await rig.until(() => bodyOf(rig.nodes[1]?.ends[0]?.text ?? "").length === 200_000);
  });

  test("leaves 503 no_node, when to try again and the id when it was the last", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    rig.nodes[0]?.stop();
    const answer = await rig.ask(get("/", "X-Request-Id: r1\r\n"));
    assert.deepEqual([statusOf(answer), codeOf(answer)], [503, "no_node"]);
    assert.deepEqual([valuesOf(answer, "Retry-After"), valuesOf(answer, "X-Request-Id")], [["1"], ["r1"]]);
    assert.equal(JSON.parse(bodyOf(answer)).error.request_id, "r1");
    assert.deepEqual(
      rig.finished.map(({ outcome, status }) => [outcome, status]),
      [["unreachable", 503]],
    );
  });

  test("is given up on after eight attempts", async (t) => {
    const rig = await ForwardRig.start(
      t,
      Array.from({ length: 10 }, () => hello),
    );
    for (const node of rig.nodes.slice(0, 9)) node.stop();
    assert.equal(statusOf(await rig.ask(get())), 503);
    assert.equal(rig.outcomes.length, 8);
  });

  test("and does not say so is passed over in time", async (t) => {
    // It takes the connection, and never answers the greeting of TLS.
    const rig = await ForwardRig.start(t, [hello], { pools: { connectMs: 1000, tls: {} } });
    const asked = rig.ask(get());
    await rig.until(() => rig.nodes[0]?.ends.length === 1);
    await rig.clock.advance(1000);
    assert.equal(codeOf(await asked), "no_node");
    assert.deepEqual(
      rig.outcomes.map(({ kind }) => kind),
      ["unreachable"],
    );
  });
});

describe("without a node", () => {
  test("the answer is 503 no_node", async (t) => {
    const rig = await ForwardRig.start(t, []);
    const answer = await rig.ask(post("unread"));
    assert.deepEqual([statusOf(answer), codeOf(answer)], [503, "no_node"]);
    assert.deepEqual(
      rig.finished.map(({ node, status }) => [node, status]),
      [[undefined, 503]],
    );
  });
});

describe("a connection that breaks before the answer begins", () => {
  test("gives 502 node_failed for a POST, which is sent once", async (t) => {
    const rig = await ForwardRig.start(t, [breaksOff, hello]);
    const answer = await rig.ask(post("x"));
    assert.deepEqual([statusOf(answer), codeOf(answer)], [502, "node_failed"]);
    assert.deepEqual([rig.nodes[0]?.heads.length, rig.nodes[1]?.heads.length], [1, 0]);
    assert.deepEqual(
      rig.outcomes.map(({ kind }) => kind),
      ["broken"],
    );
    assert.deepEqual(
      rig.finished.map(({ outcome }) => outcome),
      ["broken"],
    );
  });

  for (const [name, request] of [
    ["a GET", get()],
    ["a HEAD", get().replace("GET", "HEAD")],
    ["a PUT with a body", post("hello").replace("POST", "PUT")],
    ["a DELETE", get().replace("GET", "DELETE")],
    ["an OPTIONS", get().replace("GET", "OPTIONS")],
    ["a POST with a key", post("hello", KEY)],
    [
      "a POST in chunks with a key",
      `POST / HTTP/1.1\r\nHost: a\r\n${KEY}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    ],
  ] as const) {
    test(`sends ${name} to the next node`, async (t) => {
      const rig = await ForwardRig.start(t, [breaksOff, hello]);
      assert.equal(statusOf(await rig.ask(request, (text) => text.includes("\r\n\r\n"))), 200);
      assert.deepEqual(rig.retried, [[rig.nodes[0]?.name, "broken"]]);
      const [before, after] = rig.nodes.map(({ heads }) => heads[0]);
      assert.equal(before, after);
      await rig.until(() => !request.includes("hello") || /hello/.test(rig.nodes[1]?.ends[0]?.text ?? ""));
    });
  }

  test("gives 502 for a PUT whose body is longer than what is kept", async (t) => {
    const rig = await ForwardRig.start(t, [
      (end) => {
        end.socket.on("data", () => {
          if (end.text.length > 100_000) end.socket.destroy();
        });
      },
      hello,
    ]);
    const answer = await rig.ask(post("x".repeat(120_000)).replace("POST", "PUT"));
    assert.deepEqual([statusOf(answer), rig.nodes[1]?.heads.length], [502, 0]);
    assert.equal(rig.forwarder.kept.bytes, 0);
  });

  test("gives 502 for a PUT where too much is kept for others", async (t) => {
    const rig = await ForwardRig.start(t, [breaksOff, hello], { forwarder: { keptBytesMax: 3 } });
    assert.equal(statusOf(await rig.ask(post("hello").replace("POST", "PUT"))), 502);
  });

  test("keeps nothing of a body once the request is over", async (t) => {
    const rig = await ForwardRig.start(t, [breaksOff, hello]);
    await rig.ask(post("hello", KEY));
    assert.equal(rig.forwarder.kept.bytes, 0);
  });

  test("sends no request a fourth time", async (t) => {
    const rig = await ForwardRig.start(t, [breaksOff, breaksOff, breaksOff, hello]);
    assert.equal(statusOf(await rig.ask(get())), 502);
    assert.deepEqual(
      rig.nodes.map(({ heads }) => heads.length),
      [1, 1, 1, 0],
    );
  });

  test("and had carried requests is replaced by a new one to the same node, once", async (t) => {
    const rig = await ForwardRig.start(t, [answersOnce, hello]);
    const client = rig.connect();
    for (let i = 1; i <= 3; i++) {
      client.send(get());
      await rig.until(() => client.statuses.length === i);
    }
    assert.deepEqual(client.statuses, ["200", "200", "200"]);
    assert.deepEqual([rig.nodes[0]?.ends.length, rig.nodes[1]?.ends.length], [3, 0]);
  });

  test("twice on one node sends the request to the next", async (t) => {
    const rig = await ForwardRig.start(t, [hello, hello]);
    await rig.ask(get());
    const [home = assert.fail()] = rig.nodes;
    home.serve = breaksOff;
    assert.equal(statusOf(await rig.ask(get())), 200);
    assert.deepEqual(
      rig.nodes.map(({ heads }) => heads.length),
      [3, 1],
    );
    assert.deepEqual(
      rig.placings.map(({ ends }) => ends),
      [1, 1, 1],
    );
  });

  test("and had carried requests is not replaced for a POST: it may have run", async (t) => {
    const rig = await ForwardRig.start(t, [answersOnce, hello]);
    const client = rig.connect();
    client.send(get() + post("x"));
    await rig.until(() => client.statuses.length === 2);
    assert.deepEqual(client.statuses, ["200", "502"]);
  });

  test("while it was idle is not noticed by a POST", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const client = rig.connect();
    client.send(get());
    await rig.until(() => client.statuses.length === 1);
    const [end = assert.fail()] = rig.nodes[0]?.ends ?? [];
    end.socket.end();
    await rig.until(() => end.hasEnd);
    client.send(post("x"));
    await rig.until(() => client.statuses.length === 2);
    assert.deepEqual(client.statuses, ["200", "200"]);
  });

  test("is no reason to send again what there is no budget for", async (t) => {
    const rig = await ForwardRig.start(t, [breaksOff, hello]);
    while (rig.forwarder.retries.take(0));
    const statuses = [statusOf(await rig.ask(get())), statusOf(await rig.ask(get()))];
    // The first brings a fifth of a retry with it.
    assert.deepEqual(statuses, [200, 502]);
  });

  test("says that the call may have run, whatever came after it", async (t) => {
    const rig = await ForwardRig.start(t, [breaksOff, hello]);
    rig.nodes[1]?.stop();
    assert.equal(codeOf(await rig.ask(get())), "node_failed");
  });
});

describe("a node that breaks off within its answer", () => {
  const places: readonly (readonly [where: string, text: string])[] = [
    ["within a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"],
    ["behind the head", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
    ["within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel"],
    ["between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n"],
    ["before the last line", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n"],
  ];
  for (const [where, text] of places) {
    test(`${where} breaks off the client's, which does not take it for whole`, async (t) => {
      const rig = await ForwardRig.start(t, [({ socket }) => void socket.end(text), hello]);
      const client = rig.connect();
      client.send(get());
      await rig.until(() => client.hasEnd || client.isClosed);
      assert.doesNotMatch(client.text, /\r\n0\r\n/);
      assert.deepEqual(
        rig.finished.map(({ outcome, status }) => [outcome, status]),
        [["cut", 200]],
      );
      assert.deepEqual([rig.nodes[1]?.heads.length, rig.placings[0]?.ends], [0, 1]);
    });
  }

  for (const text of [
    "H",
    "HTTP/1.1 200",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
    "HTTP/1.1 103 A\r\n\r\n",
  ]) {
    test(`after ${JSON.stringify(text)} has begun none`, async (t) => {
      const rig = await ForwardRig.start(t, [({ socket }) => void socket.end(text)]);
      const answer = await rig.ask(post(""), (heard) => heard.includes("node_failed"));
      assert.match(answer, /HTTP\/1\.1 502 /);
    });
  }
});

describe("a client that leaves", () => {
  test("cancels its request at the node", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const client = rig.connect();
    client.send(get());
    await rig.until(() => rig.nodes[0]?.heads.length === 1);
    client.socket.destroy();
    await rig.until(() => rig.nodes[0]?.ends[0]?.hasEnd === true);
    assert.deepEqual(
      rig.finished.map(({ outcome, status }) => [outcome, status]),
      [["cancelled", undefined]],
    );
    assert.deepEqual([rig.placings[0]?.ends, rig.outcomes.length], [1, 0]);
  });

  test("within the answer ends it at the node", async (t) => {
    const rig = await ForwardRig.start(t, [says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")]);
    const client = rig.connect();
    client.send(get());
    await rig.until(() => client.text.endsWith("hel"));
    client.socket.destroy();
    await rig.until(() => rig.nodes[0]?.ends[0]?.hasEnd === true);
    assert.deepEqual(
      rig.finished.map(({ outcome, status }) => [outcome, status]),
      [["cancelled", 200]],
    );
  });

  test("within its body ends the request at the node", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const client = rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhel");
    await rig.until(() => rig.nodes[0]?.ends[0]?.text.endsWith("hel") === true);
    client.socket.destroy();
    await rig.until(() => rig.nodes[0]?.ends[0]?.hasEnd === true);
    assert.deepEqual(
      rig.finished.map(({ outcome }) => outcome),
      ["cancelled"],
    );
  });

  test("and one whose body is none is told so, and ends the request at the node", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const client = rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await rig.until(() => rig.nodes[0]?.ends[0]?.text.includes("abc") === true);
    client.send("zz\r\n");
    await rig.until(() => client.hasEnd && rig.nodes[0]?.ends[0]?.hasEnd === true);
    assert.equal(codeOf(client.text), "request_malformed");
  });
});
