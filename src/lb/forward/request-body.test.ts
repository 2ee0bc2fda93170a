import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import { settle } from "../../clock/fake-clock.ts";
import { hasBody, RequestBody } from "./request-body.ts";

const CHUNK = Buffer.alloc(64 * 1024);

describe("the body of a request", () => {
  test("takes nothing from the client before it is read", async () => {
    const { request, isBegun } = makeBody();
    request.push(CHUNK);
    await settle();
    assert.equal(request.readableLength, CHUNK.length);
    assert.equal(isBegun(), false);
  });

  test("says once that its reading begins", async () => {
    const { request, body, isBegun } = makeBody();
    request.push("hello");
    request.push(null);
    assert.equal((await body.toArray()).join(""), "hello");
    assert.equal(isBegun(), true);
  });

  test("holds the client up while nobody reads on", async () => {
    const { request, body } = makeBody();
    body.read(0);
    for (let i = 0; i < 4; i++) request.push(CHUNK);
    await settle();
    assert.equal(request.isPaused(), true);
    assert.ok(request.readableLength > 0);
  });

  test("goes on when it is read again", async () => {
    const { request, body } = makeBody();
    body.read(0);
    for (let i = 0; i < 4; i++) request.push(CHUNK);
    request.push(null);
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    assert.equal(bytes, 4 * CHUNK.length);
  });

  test("drops the rest when it is no longer wanted, and leaves the client's connection alone", async () => {
    const { request, body } = makeBody();
    body.read(0);
    for (let i = 0; i < 4; i++) request.push(CHUNK);
    body.destroy(new Error("unwanted"));
    request.complete = true;
    request.push(null);
    await settle();
    assert.deepEqual([request.readableEnded, request.socket.destroyed], [true, false]);
  });

  test("breaks off when the client leaves in the middle of it", async () => {
    const { request, body } = makeBody();
    body.read(0);
    request.push("hel");
    await settle();
    request.destroy();
    await assert.rejects(body.toArray());
  });
});

describe("a request has a body", () => {
  const cases: readonly (readonly [fields: Record<string, string>, expected: boolean])[] = [
    [{}, false],
    [{ "content-length": "0" }, false],
    [{ "content-length": "1" }, true],
    [{ "transfer-encoding": "chunked" }, true],
  ];
  for (const [fields, expected] of cases) {
    test(`with ${JSON.stringify(fields)}: ${expected ? "yes" : "no"}`, () => {
      const request = new IncomingMessage(new Socket());
      Object.assign(request.headers, fields);
      assert.equal(hasBody(request), expected);
    });
  }
});

function makeBody() {
  const request = new IncomingMessage(new Socket());
  let begun = 0;
  const body = new RequestBody(request, () => begun++);
  return {
    request,
    body,
    isBegun: () => {
      assert.ok(begun <= 1);
      return begun === 1;
    },
  };
}
