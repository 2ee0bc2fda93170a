import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startSeededNode } from "../openapi/node.suite.ts";

const CALL_LOG = "/v1/apps/demo/calls/00000000000000000000000000/log?follow=1";

describe("through the port of a node", () => {
  test("a log that is followed comes whole, and its connection closes behind it", async (t) => {
    const { baseUrl } = await startSeededNode(t);
    const answer = await fetch(baseUrl + CALL_LOG);
    assert.equal(answer.headers.get("connection"), "close");
    assert.match(await answer.text(), /event: log\ndata: .*"text":"a log"\}\n\nevent: end\n/);
  });

  test("logs that are followed end when the node goes down, which waits for nothing else", async (t) => {
    const { baseUrl, stop } = await startSeededNode(t);
    const answer = await fetch(`${baseUrl}/v1/apps/demo/logs?follow=1`);
    const stopped = stop();
    assert.equal(await answer.text(), "retry: 2000\n:\n\n");
    await stopped;
  });
});
