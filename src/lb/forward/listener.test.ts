import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { Pool, request } from "undici";
import { type Handle, Listener } from "./listener.ts";

const ANYWHERE = { host: "127.0.0.1", port: 0 };

describe("a listener that stops", () => {
  test("lets the requests under way end", async () => {
    const { listener, url, held } = await startListener();
    const answer = request(url);
    const response = await held();
    const stopped = listener.stop();
    response.end("done");
    assert.equal(await (await answer).body.text(), "done");
    await stopped;
  });

  test("accepts no more", async () => {
    const { listener, url } = await startListener();
    await listener.stop();
    await assert.rejects(request(url), { code: "ECONNREFUSED" });
  });

  test("tells the clients under way that their connection ends", async () => {
    const { listener, url, held } = await startListener();
    const answer = request(url, { dispatcher: new Pool(url) });
    const response = await held();
    const stopped = listener.stop();
    response.end();
    assert.equal((await answer).headers.connection, "close");
    await stopped;
  });

  test("does not wait for connections that are idle", async () => {
    const { listener, port } = await startListener();
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    await listener.stop();
  });

  test("does not wait for a connection that is kept after its answer", async () => {
    const { listener, url, held } = await startListener();
    const pool = new Pool(url);
    const answer = pool.request({ method: "GET", path: "/" });
    const response = await held();
    response.write("half");
    const { body } = await answer;
    const stopped = listener.stop();
    response.end();
    await body.text();
    await stopped;
  });

  test("cuts what is under way when it is told to", async () => {
    const { listener, url, held } = await startListener();
    const answer = request(url);
    answer.catch(() => {});
    await held();
    await listener.stop(AbortSignal.abort());
    await assert.rejects(answer);
  });

  test("can be told so later", async () => {
    const { listener, url, held } = await startListener();
    const answer = request(url);
    answer.catch(() => {});
    await held();
    const stopped = listener.stop();
    await listener.stop(AbortSignal.abort());
    await stopped;
    await assert.rejects(answer);
  });

  test("is done at once when it never started", async () => {
    await new Listener(() => {}, assert.fail).stop();
  });
});

describe("a listener that starts", () => {
  test("says when its address is taken", async (t) => {
    const { listener, port } = await startListener();
    t.after(() => listener.stop());
    const second = new Listener(() => {}, assert.fail);
    await assert.rejects(second.start({ ...ANYWHERE, port }), { code: "EADDRINUSE" });
  });
});

/** A listener that holds each response until the test ends it. */
async function startListener() {
  const waiting: ServerResponse[] = [];
  let onRequest = () => {};
  const hold: Handle = (_, response) => {
    waiting.push(response);
    onRequest();
  };
  const listener = new Listener(hold, assert.fail);
  await listener.start(ANYWHERE);
  const held = async () => {
    while (waiting.length === 0) await new Promise<void>((resolve) => (onRequest = resolve));
    return waiting.shift() ?? assert.fail();
  };
  return { listener, port: listener.port, url: `http://127.0.0.1:${listener.port}/`, held };
}
