import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../../model/errors.ts";
import { answerFields, isLoopback, requestFields, valuesOf, waitOf } from "./fields.ts";

const STRANGER = { peer: "192.0.2.7" };
const NEIGHBOUR = { peer: "127.0.0.1" };
const ADDED = ["X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "http", "X-Forwarded-Host", "lb:8081"];

describe("the fields of a request", () => {
  test("go on as they came: order, case and duplicates", () => {
    const raw = ["hOST", "lb:8081", "X-b", "1", "x-A", "2", "X-b", "3", "Authorization", "Bearer x"];
    assert.deepEqual(requestFields(raw, STRANGER), [
      ...["Host", "lb:8081", "X-b", "1", "x-A", "2", "X-b", "3", "Authorization", "Bearer x"],
      ...ADDED,
    ]);
  });

  const connectionOnly = [
    ...["Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection"],
    ...["TE", "Trailer", "Transfer-Encoding", "Upgrade"],
  ];
  for (const name of connectionOnly) {
    test(`lose ${name}, which is about the client's connection`, () => {
      assert.deepEqual(requestFields(["Host", "lb:8081", name, "x"], STRANGER), [
        "Host",
        "lb:8081",
        ...ADDED,
      ]);
    });
  }

  test("lose Connection and all that it names", () => {
    const raw = [
      "Host",
      "lb:8081",
      "Connection",
      "close, X-Mine",
      "x-mine",
      "1",
      "connection",
      "x-also",
      "X-Also",
      "2",
    ];
    assert.deepEqual(requestFields(raw, STRANGER), ["Host", "lb:8081", ...ADDED]);
  });

  test("lose Expect, which is answered here", () => {
    assert.deepEqual(valuesOf(requestFields(["Expect", "100-continue"], STRANGER), "expect"), []);
  });

  test("cannot keep the address of the client from being told", () => {
    const fields = requestFields(["Connection", "X-Forwarded-For"], STRANGER);
    assert.deepEqual(valuesOf(fields, "x-forwarded-for"), ["192.0.2.7"]);
  });

  test("drop what a stranger says of where it comes from", () => {
    const raw = [
      ...["Host", "lb:8081", "X-Forwarded-For", "1.2.3.4"],
      ...["X-Forwarded-Proto", "https", "X-Forwarded-Host", "bank"],
    ];
    assert.deepEqual(requestFields(raw, STRANGER), ["Host", "lb:8081", ...ADDED]);
  });

  test("believe a proxy on this machine, and add its address to the way", () => {
    const raw = [
      ...["Host", "lb:8081", "X-Forwarded-For", "1.2.3.4", "x-forwarded-for", "5.6.7.8"],
      ...["X-Forwarded-Proto", "https", "X-Forwarded-Host", "shop"],
    ];
    assert.deepEqual(requestFields(raw, NEIGHBOUR), [
      ...["Host", "lb:8081", "X-Forwarded-For", "1.2.3.4, 5.6.7.8, 127.0.0.1"],
      ...["X-Forwarded-Proto", "https", "X-Forwarded-Host", "shop"],
    ]);
  });

  test("name an IPv4 client by its plain address on a socket for both families", () => {
    const fields = requestFields([], { peer: "::ffff:192.0.2.7" });
    assert.deepEqual(valuesOf(fields, "x-forwarded-for"), ["192.0.2.7"]);
  });

  test("take the host of an absolute target over the Host field", () => {
    const fields = requestFields(["Host", "other"], { ...STRANGER, host: "lb:8081" });
    assert.deepEqual(valuesOf(fields, "host"), ["lb:8081"]);
  });

  test("are refused with two Host fields", () => {
    assert.throws(
      () => requestFields(["Host", "a", "host", "b"], STRANGER),
      (error) => error instanceof FnError && error.code === "request_malformed",
    );
  });

  test("get no Accept-Encoding or User-Agent that the client did not send", () => {
    const fields = requestFields(["Host", "lb:8081"], STRANGER);
    assert.deepEqual([...valuesOf(fields, "accept-encoding"), ...valuesOf(fields, "user-agent")], []);
  });
});

describe("the fields of an answer", () => {
  test("go on as they came, without those of the node's connection and the wait", () => {
    const raw = [
      ...["Set-Cookie", "a=1", "set-cookie", "b=2", "Connection", "keep-alive, X-Hop", "X-Hop", "1"],
      ...["Xxx-Fxlb-Wait", "1ms", "XXX-FXLB-WAIT", "2ms", "Keep-Alive", "timeout=5", "X-B", "3"],
    ];
    assert.deepEqual(answerFields(raw), ["Set-Cookie", "a=1", "set-cookie", "b=2", "X-B", "3"]);
  });

  test("tell the wait by their first value", () => {
    assert.equal(waitOf(["Xxx-Fxlb-Wait", "1.5ms", "Xxx-Fxlb-Wait", "30s"]), 1_500_000);
  });

  test("tell a wait whose unit is two bytes", () => {
    assert.equal(waitOf(["Xxx-Fxlb-Wait", "205.588\u00c2\u00b5s"]), 205_588);
  });

  test("tell no wait when the node says none", () => {
    assert.equal(waitOf(["Content-Type", "text/plain"]), undefined);
  });
});

describe("an address of this machine", () => {
  for (const address of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"]) {
    test(`is ${address}`, () => assert.ok(isLoopback(address)));
  }
  for (const address of ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "127.evil", ""]) {
    test(`is not ${JSON.stringify(address)}`, () => assert.ok(!isLoopback(address)));
  }
});
