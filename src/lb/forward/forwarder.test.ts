import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bodyOf,
  ForwardRig,
  get,
  hello,
  isWhole,
  ok,
  post,
  says,
  statusOf,
  valuesOf,
} from "./forward-rig.suite.ts";

describe("a request", () => {
  test("goes to its node, and the answer comes back", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const answer = await rig.ask(get("/r/app/f?x=1"));
    assert.deepEqual([statusOf(answer), bodyOf(answer)], [200, "hello"]);
    assert.match(rig.nodes[0]?.heads[0] ?? "", /^GET \/r\/app\/f\?x=1 HTTP\/1\.1\r\nHost: a\r\n/);
  });

  test("uses a connection that an earlier one has left", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const client = rig.connect();
    for (let i = 1; i <= 3; i++) {
      client.send(get());
      await rig.until(() => client.statuses.length === i);
    }
    assert.deepEqual([rig.nodes[0]?.ends.length, rig.nodes[0]?.heads.length], [1, 3]);
  });

  test("is answered in order when it is pipelined", async (t) => {
    const rig = await ForwardRig.start(t, [({ socket }, head) => socket.write(ok(head.split(" ")[1] ?? ""))]);
    const client = rig.connect();
    client.send(get("/1") + get("/2") + get("/3"));
    await rig.until(() => client.statuses.length === 3);
    assert.deepEqual(
      [...client.text.matchAll(/\r\n\r\n(\/\d)/g)].map(([, path]) => path),
      ["/1", "/2", "/3"],
    );
  });

  test("that waits for its turn stays as it came, whatever others send meanwhile", async (t) => {
    const held: (() => void)[] = [];
    const rig = await ForwardRig.start(t, [
      ({ socket }, head) => held.push(() => socket.write(ok(head.split(" ")[1] ?? ""))),
    ]);
    const [first, other] = [rig.connect(), rig.connect()];
    first.send(get("/1") + get("/2") + get("/3").slice(0, 20));
    await rig.until(() => held.length === 1);
    other.send(get(`/${"x".repeat(500)}`));
    await rig.until(() => held.length === 2);
    first.send(get("/3").slice(20));
    for (let given = 0; given < 4; given++) {
      await rig.until(() => held.length > given);
      held[given]?.();
    }
    await rig.until(() => first.statuses.length === 3);
    assert.deepEqual(
      [...first.text.matchAll(/\r\n\r\n(\/\d)/g)].map(([, path]) => path),
      ["/1", "/2", "/3"],
    );
  });

  test("with a length brings its body", async (t) => {
    const rig = await ForwardRig.start(t, [({ socket }) => socket.write(ok("done"))]);
    await rig.ask(post("x".repeat(5000)));
    const [end = assert.fail()] = rig.nodes[0]?.ends ?? [];
    assert.deepEqual(valuesOf(end.text, "Content-Length"), ["5000"]);
    await rig.until(() => bodyOf(end.text).length === 5000);
  });

  test("in chunks goes in chunks, with its trailers", async (t) => {
    const rig = await ForwardRig.start(t, [() => {}]);
    const client = rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("5;ext=1\r\nhello\r\n0\r\nX-Sum: 7\r\nContent-Length: 3\r\nHost: b\r\n\r\n");
    await rig.until(() => rig.nodes[0]?.ends[0]?.text.includes("0\r\nX-Sum") === true);
    const text = rig.nodes[0]?.ends[0]?.text ?? "";
    assert.deepEqual(valuesOf(`${text.slice(0, text.indexOf("\r\n\r\n"))}\r\n`, "Transfer-Encoding"), [
      "chunked",
    ]);
    assert.equal(bodyOf(text), "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n");
  });

  test("of an old client is answered as it wishes", async (t) => {
    const rig = await ForwardRig.start(t, [
      says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"),
    ]);
    const client = rig.connect();
    client.send("GET / HTTP/1.0\r\n\r\n");
    await rig.until(() => client.text.endsWith("hi"));
    rig.nodes[0]?.ends[0]?.socket.write("4\r\n you\r\n0\r\n\r\n");
    await rig.until(() => client.hasEnd);
    assert.match(client.text, /Connection: close\r\n\r\nhi you$/);
    assert.doesNotMatch(client.text, /Transfer-Encoding/);
  });
});

describe("an answer", () => {
  for (const [name, text, expected] of [
    ["with a length", ok("hello"), "hello"],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
      "hello",
    ],
    ["of no bytes", ok(""), ""],
  ] as const) {
    test(`${name} that comes at once goes out with its length`, async (t) => {
      const rig = await ForwardRig.start(t, [says(text)]);
      const answer = await rig.ask(get());
      assert.equal(bodyOf(answer), expected);
      assert.deepEqual(valuesOf(answer, "Content-Length"), [String(expected.length)]);
    });
  }

  test("comes through byte by byte", async (t) => {
    const text = ok("hello");
    const rig = await ForwardRig.start(t, [
      async ({ socket }) => {
        for (const byte of text) {
          socket.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    ]);
    assert.equal(bodyOf(await rig.ask(get())), "hello");
  });

  test("in chunks goes out part by part, with its trailers", async (t) => {
    const rig = await ForwardRig.start(t, [
      says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"),
    ]);
    const client = rig.connect();
    client.send(get());
    await rig.until(() => client.text.includes("2\r\nhe\r\n"));
    rig.nodes[0]?.ends[0]?.socket.write("3\r\nllo\r\n0\r\nX-Sum: 7\r\nTransfer-Encoding: x\r\n\r\n");
    await rig.until(() => isWhole(client.text));
    assert.equal(bodyOf(client.text), "2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 7\r\n\r\n");
  });

  test("that ends with its connection is whole then", async (t) => {
    const rig = await ForwardRig.start(t, [({ socket }) => socket.end("HTTP/1.0 200 OK\r\n\r\nhello")]);
    const answer = await rig.ask(get());
    assert.match(bodyOf(answer), /^(5\r\n)?hello/);
  });

  test("to HEAD has a length and no body", async (t) => {
    const rig = await ForwardRig.start(t, [says("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")]);
    const client = rig.connect();
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await rig.until(() => client.text.endsWith("\r\n\r\n"));
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await rig.until(() => client.statuses.length === 2);
    assert.deepEqual(valuesOf(client.text, "Content-Length"), ["7", "7"]);
    assert.equal(rig.nodes[0]?.ends.length, 1);
  });

  for (const status of [204, 304]) {
    test(`with ${status} has no body, and the next one follows`, async (t) => {
      const rig = await ForwardRig.start(t, [says(`HTTP/1.1 ${status} X\r\nETag: "1"\r\n\r\n`)]);
      const client = rig.connect();
      client.send(get() + get());
      await rig.until(() => client.statuses.length === 2);
      assert.deepEqual(client.statuses, [String(status), String(status)]);
    });
  }

  test("before the answer is passed on, but a 100 and to an old client", async (t) => {
    const early =
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    const rig = await ForwardRig.start(t, [says(early + ok("hello"))]);
    const answer = await rig.ask(get(), isWhole);
    assert.match(answer, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    assert.match(await rig.ask("GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200/);
  });

  test("that begins before the request is whole is the last on its connection to the node", async (t) => {
    const rig = await ForwardRig.start(t, [says(ok("no"))]);
    const client = rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    await rig.until(() => isWhole(client.text) && rig.nodes[0]?.ends[0]?.hasEnd === true);
    client.send(`67890${get()}`);
    await rig.until(() => client.statuses.length === 2);
    assert.equal(rig.nodes[0]?.ends.length, 2);
  });

  test("closes its connection to the node when it says so", async (t) => {
    const rig = await ForwardRig.start(t, [says(ok("hello", "Connection: close\r\n"))]);
    for (let i = 0; i < 2; i++) assert.doesNotMatch(await rig.ask(get()), /Connection: close/);
    assert.equal(rig.nodes[0]?.ends.length, 2);
  });

  test("that is followed by bytes of no request spends its connection", async (t) => {
    const rig = await ForwardRig.start(t, [says(`${ok("hello")}${ok("smuggled")}`)]);
    const client = rig.connect();
    client.send(get() + get());
    await rig.until(() => client.statuses.length === 2);
    assert.doesNotMatch(client.text, /smuggled/);
    assert.equal(rig.nodes[0]?.ends.length, 2);
  });
});

describe("Expect: 100-continue", () => {
  test("is met when there is a node to take the body", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const client = rig.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    await rig.until(() => client.text.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
    assert.equal(rig.nodes[0]?.ends.length, 1);
    assert.deepEqual(valuesOf(rig.nodes[0]?.heads[0] ?? "", "Expect"), []);
  });

  test("is not met where there is none: the body is not asked for", async (t) => {
    const rig = await ForwardRig.start(t, []);
    const answer = await rig.ask(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    );
    assert.equal(statusOf(answer), 503);
    assert.match(answer, /\r\nConnection: close\r\n/);
  });
});

describe("what is told of a request", () => {
  test("is its node, its wait, its status, and that it is over", async (t) => {
    const rig = await ForwardRig.start(t, [says(ok("hello", "XXX-FXLB-WAIT: 2ms\r\n"))]);
    await rig.ask(get("/f"));
    const [node] = rig.nodes;
    assert.deepEqual(rig.placings, [{ node: node?.name, waitNs: 2e6, isAnswered: true, ends: 1 }]);
    assert.deepEqual(rig.finished, [
      { node: node?.name, fn: "/f", outcome: "answered", status: 200, ms: 0, waitNs: 2e6 },
    ]);
    assert.deepEqual(
      rig.outcomes.map(({ kind, isDraining }) => [kind, isDraining]),
      [["ok", false]],
    );
  });

  test("is that its node goes down, where the answer says so", async (t) => {
    const rig = await ForwardRig.start(t, [says(ok("hello", "Fn-Node-State: Draining\r\n"))]);
    const answer = await rig.ask(get());
    assert.deepEqual(
      rig.outcomes.map(({ isDraining }) => isDraining),
      [true],
    );
    assert.deepEqual(valuesOf(answer, "Fn-Node-State"), []);
  });
});
