import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { AppNetworks } from "./app-networks.ts";

/** Anchors a1, a2, and so on: those that were made and not removed, and how many fail from now on. */
function rigOf() {
  const clock = new FakeClock();
  const seen = { made: 0, failures: 0, living: new Set<string>() };
  const anchors = {
    async make() {
      if (seen.failures > 0) {
        seen.failures--;
        throw new Error("no anchor");
      }
      const id = `a${++seen.made}`;
      seen.living.add(id);
      return id;
    },
    async remove(id: string) {
      assert.ok(seen.living.delete(id), `${id} is removed once`);
    },
  };
  return { networks: new AppNetworks(anchors, clock), clock, seen };
}

describe("the network of an app", () => {
  test("is one for all its containers, also when they come at the same moment", async () => {
    const { networks } = rigOf();
    const [first, second] = await Promise.all([networks.share("x"), networks.share("x")]);
    assert.deepEqual([first.mode, second.mode], ["container:a1", "container:a1"]);
  });

  test("is not that of another app", async () => {
    const { networks } = rigOf();
    const [first, second] = await Promise.all([networks.share("x"), networks.share("y")]);
    assert.notEqual(first.anchorId, second.anchorId);
  });

  test("is made ahead, and another one for the next app as soon as it is taken", async () => {
    const { networks, seen } = rigOf();
    await networks.warm();
    assert.equal(seen.made, 1);
    assert.equal((await networks.share("x")).anchorId, "a1");
    await settle();
    assert.equal(seen.made, 2);
  });

  test("is kept for a minute without containers", async () => {
    const { networks, clock, seen } = rigOf();
    (await networks.share("x")).release();
    await clock.advance(59_999);
    assert.equal((await networks.share("x")).anchorId, "a1");
    await clock.advance(60_000);
    assert.ok(seen.living.has("a1"));
  });

  test("goes away after a minute without containers", async () => {
    const { networks, clock, seen } = rigOf();
    const shares = await Promise.all([networks.share("x"), networks.share("x")]);
    for (const share of shares) share.release();
    await clock.advance(60_000);
    assert.equal(seen.living.has("a1"), false);
    assert.equal((await networks.share("x")).anchorId, "a2");
  });

  test("is left once by each container, however often that says so", async () => {
    const { networks, clock, seen } = rigOf();
    const [first] = await Promise.all([networks.share("x"), networks.share("x")]);
    first.release();
    first.release();
    await clock.advance(60_000);
    assert.ok(seen.living.has("a1"));
  });
});

describe("an anchor that is lost", () => {
  test("is removed, and the app's next share is in a new one", async () => {
    const { networks, seen } = rigOf();
    const share = await networks.share("x");
    share.lose();
    const next = await networks.share("x");
    assert.equal(seen.living.has("a1"), false);
    assert.ok(seen.living.has(next.anchorId ?? ""));
  });

  test("takes the one that was made ahead with it, which may be lost too", async () => {
    const { networks } = rigOf();
    const share = await networks.share("x");
    await settle();
    share.lose();
    assert.equal((await networks.share("x")).anchorId, "a3");
  });

  test("is lost once, however many containers find out", async () => {
    const { networks } = rigOf();
    const shares = await Promise.all([networks.share("x"), networks.share("x")]);
    shares[0]?.lose();
    const next = await networks.share("x");
    shares[1]?.lose();
    shares[1]?.release();
    assert.equal((await networks.share("x")).anchorId, next.anchorId);
  });
});

describe("an anchor that cannot be made", () => {
  test("fails the share, and is tried again by the next one", async () => {
    const { networks, seen, clock } = rigOf();
    seen.failures = 1;
    await assert.rejects(networks.share("x"), /no anchor/);
    assert.equal((await networks.share("x")).anchorId, "a1");
    assert.equal(clock.pending, 0);
  });

  test("ahead of time is tried again by the first share", async () => {
    const { networks, seen } = rigOf();
    seen.failures = 1;
    await assert.rejects(networks.warm(), /no anchor/);
    assert.equal((await networks.share("x")).anchorId, "a1");
  });
});

describe("closing the networks", () => {
  test("removes every anchor: in use, idle, made ahead, and in the making", async () => {
    const { networks, clock, seen } = rigOf();
    await networks.share("x");
    (await networks.share("y")).release();
    const opening = networks.share("z");
    await networks.close();
    await opening;
    assert.deepEqual([seen.living.size, clock.pending], [0, 0]);
  });

  test("ends them for good", async () => {
    const { networks } = rigOf();
    await Promise.all([networks.close(), networks.close()]);
    await assert.rejects(networks.share("x"), { code: "server_stopping" });
  });
});
