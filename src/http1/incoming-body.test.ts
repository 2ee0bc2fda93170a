import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IncomingBody } from "./incoming-body.ts";

describe("an incoming body", () => {
  test("hands on its parts in order, and then its end", async () => {
    const body = new IncomingBody(() => give());
    const parts = ["a", "b"];
    const give = () => {
      const part = parts.shift();
      if (part) body.push(Buffer.from(part));
      else body.end();
    };
    assert.deepEqual(await read(body), ["a", "b"]);
  });

  test("keeps one part until it is wanted, and asks to wait", async () => {
    const body = quietBody();
    assert.equal(body.push(Buffer.from("a")), false);
    assert.equal(body.isFull, true);
    const next = await iterate(body).next();
    assert.equal(String(next.value), "a");
    assert.equal(body.isFull, false);
  });

  test("asks for more when a reader waits", async () => {
    const body = quietBody();
    const next = iterate(body).next();
    assert.equal(body.push(Buffer.from("a")), true);
    assert.equal(body.isFull, false);
    assert.equal(String((await next).value), "a");
  });

  test("tells that it is wanted when a part is taken, and when its reader waits", async () => {
    let wanted = 0;
    const body = new IncomingBody(() => wanted++);
    body.push(Buffer.from("a"));
    assert.equal(wanted, 0);
    const reader = iterate(body);
    await reader.next();
    assert.equal(wanted, 1);
    const end = reader.next();
    assert.equal(wanted, 2);
    body.end();
    await end;
    assert.equal(wanted, 2);
  });

  test("has its last part read before its end", async () => {
    const body = quietBody();
    body.push(Buffer.from("a"));
    body.end();
    assert.deepEqual(await read(body), ["a"]);
  });

  test("has its last part read before its failure", async () => {
    const body = quietBody();
    body.push(Buffer.from("a"));
    body.end(new Error("broken"));
    const reader = iterate(body);
    assert.equal(String((await reader.next()).value), "a");
    await assert.rejects(reader.next(), { message: "broken" });
    await assert.rejects(reader.next(), { message: "broken" });
  });

  test("fails for a reader that waits", async () => {
    const body = quietBody();
    const failed = assert.rejects(iterate(body).next(), { message: "broken" });
    body.end(new Error("broken"));
    await failed;
  });

  test("ends once: what is said later does not count", async () => {
    const whole = quietBody();
    whole.end();
    whole.end(new Error("late"));
    assert.deepEqual(await read(whole), []);
    const failed = quietBody();
    failed.end(new Error("early"));
    failed.end();
    await assert.rejects(read(failed), { message: "early" });
  });
});

describe("a body that is dropped", () => {
  test("takes all that comes, and is never full", () => {
    const body = quietBody();
    body.push(Buffer.from("a"));
    body.drop();
    assert.equal(body.isFull, false);
    assert.equal(body.push(Buffer.from("b")), true);
    assert.equal(body.isFull, false);
    assert.equal(body.isDropped, true);
  });

  test("tells once that more may come", () => {
    let wanted = 0;
    const body = new IncomingBody(() => wanted++);
    body.drop();
    body.drop();
    assert.equal(wanted, 1);
  });

  test("is dropped by a reader that leaves its loop", async () => {
    const body = quietBody();
    body.push(Buffer.from("a"));
    for await (const part of body) {
      assert.equal(String(part), "a");
      break;
    }
    assert.equal(body.isDropped, true);
  });

  test("fails for a reader that waits, since what it has would look whole", async () => {
    const body = quietBody();
    const failed = assert.rejects(iterate(body).next());
    body.drop();
    await failed;
  });

  test("fails for a reader that comes back, when a part of it was not read", async () => {
    const body = quietBody();
    body.push(Buffer.from("a"));
    body.end();
    body.drop();
    await assert.rejects(read(body));
  });

  test("fails later too, whatever has come since", async () => {
    const body = quietBody();
    body.drop();
    body.push(Buffer.from("a"));
    body.end();
    await assert.rejects(read(body));
  });

  test("is still whole for a reader that has read all of it", async () => {
    const body = quietBody();
    body.end();
    body.drop();
    assert.deepEqual(await read(body), []);
  });
});

function quietBody(): IncomingBody {
  return new IncomingBody(() => {});
}

function iterate(body: IncomingBody): AsyncIterator<Buffer> {
  return body[Symbol.asyncIterator]();
}

async function read(body: IncomingBody): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of body) parts.push(part.toString());
  return parts;
}
