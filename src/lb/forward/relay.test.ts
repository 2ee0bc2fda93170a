import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import { Relay } from "./relay.ts";

describe("an answer that is relayed", () => {
  test("holds the node up while the client does not take it, and lets it go on after", () => {
    const { relay, response, controller } = startRelay();
    relay.onResponseStart(controller, 200, {});
    relay.onResponseData(controller, Buffer.alloc(1024 * 1024));
    assert.equal(controller.paused, true);
    response.emit("drain");
    assert.equal(controller.paused, false);
  });

  test("tells the wait when its head is there, and does so once", () => {
    const { relay, controller, waits } = startRelay();
    controller.rawHeaders = ["Xxx-Fxlb-Wait", "2ms"];
    relay.onResponseStart(controller, 103, {});
    assert.deepEqual(waits, []);
    relay.onResponseStart(controller, 200, {});
    assert.deepEqual(waits, [2_000_000]);
  });

  test("is done at its end", async () => {
    const { relay, response, controller } = startRelay();
    relay.onResponseStart(controller, 200, {});
    relay.onResponseEnd(controller);
    assert.deepEqual([(await relay.outcome).kind, response.writableEnded], ["done", true]);
  });

  test("is cut off for the client where the node breaks off", async () => {
    const { relay, response, controller } = startRelay();
    relay.onResponseStart(controller, 200, {});
    relay.onResponseError(controller, new Error("reset"));
    assert.deepEqual([(await relay.outcome).kind, response.destroyed], ["done", true]);
  });

  test("is cancelled when the client leaves", async () => {
    const { relay, response, controller } = startRelay();
    response.destroy();
    response.emit("close");
    assert.deepEqual([controller.aborted, (await relay.outcome).kind], [true, "done"]);
  });

  test("is not asked for when the client has left before there was a connection", async () => {
    const { response } = startRelay();
    response.destroy();
    const controller = new FakeController();
    const relay = new Relay(response, () => {});
    controller.onAbort = (reason) => relay.onResponseError(controller, reason);
    relay.onRequestStart(controller);
    assert.deepEqual([controller.aborted, (await relay.outcome).kind], [true, "done"]);
  });

  test("leaves no listener behind", async () => {
    const { relay, response, controller } = startRelay();
    relay.onResponseError(controller, new Error("reset"));
    await relay.outcome;
    assert.equal(response.listenerCount("close"), 0);
  });
});

describe("an attempt without an answer", () => {
  test("was unreachable as long as the request was not sent", async () => {
    const response = makeResponse();
    const relay = new Relay(response, () => {});
    relay.onResponseError(undefined, new Error("refused"));
    assert.equal((await relay.outcome).kind, "unreachable");
  });

  test("is broken after the request was sent", async () => {
    const { relay, controller } = startRelay();
    relay.onResponseError(controller, new Error("reset"));
    assert.equal((await relay.outcome).kind, "broken");
  });
});

/** What undici hands to its handlers. */
class FakeController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  rawHeaders: string[] = [];
  onAbort: (reason: Error) => void = () => {};

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.onAbort(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }
}

function makeResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

/** A relay whose request is on its way to the node. */
function startRelay() {
  const response = makeResponse();
  const waits: (number | undefined)[] = [];
  const relay = new Relay(response, (waitNs) => waits.push(waitNs));
  const controller = new FakeController();
  controller.onAbort = (reason) => relay.onResponseError(controller, reason);
  relay.onRequestStart(controller);
  return { relay, response, controller, waits };
}
