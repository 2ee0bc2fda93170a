import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeOf, ForwardRig, get, hello, ok, says, statusOf, valuesOf } from "./forward-rig.suite.ts";
import { TrustedProxies } from "./trusted-proxies.ts";

/** What a node gets for a request with these lines. */
async function headAtNode(
  t: Parameters<typeof ForwardRig.start>[0],
  lines: string,
  trusted?: readonly string[],
) {
  const limits = trusted ? { trusted: new TrustedProxies(trusted) } : {};
  const rig = await ForwardRig.start(t, [hello], { limits });
  assert.equal(statusOf(await rig.ask(get("/r/app/f", lines))), 200);
  return rig.nodes[0]?.heads[0] ?? "";
}

describe("the fields of a request", () => {
  test("come through in order, spelled as they were, also when they are repeated", async (t) => {
    const head = await headAtNode(t, "x-B: 1\r\nX-a: \xe9\r\nx-B: 2\r\nEmpty:\r\nCookie: c=d\r\n");
    assert.match(head, /Host: a\r\nx-B: 1\r\nX-a: \xe9\r\nx-B: 2\r\nEmpty: \r\nCookie: c=d\r\n/);
  });

  test("of one connection go no further, and those that it names", async (t) => {
    const head = await headAtNode(
      t,
      "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nTE: trailers\r\nTrailer: a\r\nProxy-Connection: a\r\n" +
        "Proxy-Authorization: a\r\nProxy-Authenticate: a\r\nUpgrade: h2c\r\nX-Kept: 1\r\n",
    );
    for (const name of ["Connection", "X-Hop", "Keep-Alive", "TE", "Trailer", "Upgrade"]) {
      assert.deepEqual(valuesOf(head, name), [], name);
    }
    assert.doesNotMatch(head, /^Proxy-/m);
    assert.deepEqual(valuesOf(head, "X-Kept"), ["1"]);
  });

  test("that are between nodes and balancers are lost at the edge", async (t) => {
    const head = await headAtNode(t, "XXX-FXLB-WAIT: 1s\r\nfn-node-state: draining\r\n");
    assert.deepEqual([valuesOf(head, "XXX-FXLB-WAIT"), valuesOf(head, "Fn-Node-State")], [[], []]);
  });

  test("tell the node where it came from", async (t) => {
    const head = await headAtNode(t, "", []);
    assert.deepEqual(valuesOf(head, "X-Forwarded-For"), ["127.0.0.1"]);
    assert.deepEqual(valuesOf(head, "X-Forwarded-Proto"), ["http"]);
    assert.deepEqual(valuesOf(head, "X-Forwarded-Host"), ["a"]);
    assert.deepEqual(valuesOf(head, "Forwarded"), ["for=127.0.0.1;proto=http;host=a"]);
    assert.deepEqual(valuesOf(head, "Via"), ["1.1 fnlb"]);
  });

  const told =
    "X-Forwarded-For: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n" +
    "Forwarded: for=1.2.3.4\r\nForwarded: for=5.6.7.8;proto=https\r\nVia: 1.0 x\r\n";

  test("that a trusted proxy tells of that are believed and added to", async (t) => {
    const head = await headAtNode(t, told);
    assert.deepEqual(valuesOf(head, "X-Forwarded-For"), ["1.2.3.4, 5.6.7.8, 127.0.0.1"]);
    assert.deepEqual(valuesOf(head, "X-Forwarded-Proto"), ["https"]);
    assert.deepEqual(valuesOf(head, "X-Forwarded-Host"), ["b"]);
    assert.deepEqual(valuesOf(head, "Forwarded"), [
      "for=1.2.3.4, for=5.6.7.8;proto=https, for=127.0.0.1;proto=http;host=a",
    ]);
    assert.deepEqual(valuesOf(head, "Via"), ["1.0 x", "1.1 fnlb"]);
  });

  test("that anybody else tells of that are not believed", async (t) => {
    const head = await headAtNode(t, told, ["10.0.0.0/8"]);
    assert.deepEqual(valuesOf(head, "X-Forwarded-For"), ["127.0.0.1"]);
    assert.deepEqual(valuesOf(head, "X-Forwarded-Proto"), ["http"]);
    assert.deepEqual(valuesOf(head, "X-Forwarded-Host"), ["a"]);
    assert.deepEqual(valuesOf(head, "Forwarded"), ["for=127.0.0.1;proto=http;host=a"]);
  });

  test("name a host with a port in quotes, where that is no token", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    await rig.ask("GET http://b:80/x HTTP/1.1\r\nHost: a\r\n\r\n");
    const [head = ""] = rig.nodes[0]?.heads ?? [];
    assert.match(head, /^GET \/x HTTP\/1\.1\r\nHost: b:80\r\n/);
    assert.deepEqual(valuesOf(head, "Forwarded"), ['for=127.0.0.1;proto=http;host="b:80"']);
  });

  test("have an id: a sane one stays, any other is replaced", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    const ids: string[] = [];
    for (const lines of [
      "X-Request-ID: a-1\r\n",
      "",
      'X-Request-Id: "><script>\r\n',
      `X-Request-Id: ${"x".repeat(129)}\r\n`,
    ]) {
      const answer = await rig.ask(get("/", lines));
      const [id = ""] = valuesOf(answer, "X-Request-Id");
      ids.push(id);
      assert.deepEqual(valuesOf(rig.nodes[0]?.heads.at(-1) ?? "", "X-Request-Id"), [id]);
    }
    assert.equal(ids[0], "a-1");
    assert.equal(new Set(ids).size, 4);
    for (const id of ids.slice(1)) assert.match(id, /^[a-z0-9]{16}-[a-z0-9]+$/);
  });

  test("count the proxies on the way of OPTIONS and TRACE", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    for (const method of ["OPTIONS", "TRACE", "GET"]) {
      await rig.ask(get("/", "Max-Forwards: 1\r\n").replace("GET", method));
    }
    assert.deepEqual(
      rig.nodes[0]?.heads.map((head) => valuesOf(head, "Max-Forwards")),
      [["0"], ["0"], ["1"]],
    );
    const last = get("/", "Max-Forwards: 0\r\n");
    assert.equal(
      statusOf(await rig.ask(last.replace("GET", "OPTIONS"), (text) => text.endsWith("\r\n\r\n"))),
      204,
    );
    assert.equal(statusOf(await rig.ask(last.replace("GET", "TRACE"))), 501);
    assert.equal(rig.nodes[0]?.heads.length, 3);
  });
});

describe("the fields of an answer", () => {
  test("come through in order, less those of one connection and those for the balancer", async (t) => {
    const lines =
      "x-B: 1\r\nX-a: \xe9\r\nx-B: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nXxx-Fxlb-Wait: 1ms\r\n" +
      "Fn-Node-State: ready\r\nX-Request-Id: node\r\nVia: 1.1 x\r\nDate: Mon, 22 Jan 2018 10:00:00 GMT\r\n";
    const rig = await ForwardRig.start(t, [says(ok("hello", lines))]);
    const answer = await rig.ask(get("/", "X-Request-Id: mine\r\n"));
    assert.equal(
      answer,
      "HTTP/1.1 200 OK\r\nx-B: 1\r\nX-a: \xe9\r\nx-B: 2\r\nVia: 1.1 x\r\nDate: Mon, 22 Jan 2018 10:00:00 GMT\r\n" +
        "Via: 1.1 fnlb\r\nX-Request-Id: mine\r\nContent-Length: 5\r\n\r\nhello",
    );
  });

  test("get a Date where they have none", async (t) => {
    const rig = await ForwardRig.start(t, [hello]);
    assert.deepEqual(valuesOf(await rig.ask(get()), "Date"), ["Mon, 22 Jan 2018 10:00:00 GMT"]);
  });

  for (const wait of ["-3s", "2h", "much", ""]) {
    test(`tell no wait by ${JSON.stringify(wait)}`, async (t) => {
      const rig = await ForwardRig.start(t, [says(ok("hello", `XXX-FXLB-WAIT: ${wait}\r\n`))]);
      await rig.ask(get());
      assert.equal(rig.placings[0]?.waitNs, undefined);
    });
  }
});

describe("what is not spoken here", () => {
  for (const [name, request, code] of [
    ["another protocol", get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"), "upgrade_unsupported"],
    [
      "another protocol besides h2c",
      get("/", "Connection: upgrade\r\nUpgrade: h2c, x/1\r\n"),
      "upgrade_unsupported",
    ],
    ["a tunnel", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "method_unsupported"],
  ] as const) {
    test(`is ${name}: 501 ${code}, and no node hears of it`, async (t) => {
      const rig = await ForwardRig.start(t, [hello]);
      const answer = await rig.ask(request);
      assert.deepEqual([statusOf(answer), codeOf(answer), rig.nodes[0]?.ends.length], [501, code, 0]);
    });
  }

  test("is h2c either, but who offers that can do without", async (t) => {
    const head = await headAtNode(
      t,
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n",
    );
    assert.deepEqual([valuesOf(head, "Upgrade"), valuesOf(head, "HTTP2-Settings")], [[], []]);
  });

  test("is not asked for by an Upgrade that Connection does not name", async (t) => {
    assert.deepEqual(valuesOf(await headAtNode(t, "Upgrade: websocket\r\n"), "Upgrade"), []);
  });
});
