import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../model/errors.ts";
import { createRig, echo, rest } from "./rig.suite.ts";

describe("a container that does not start", () => {
  /** Its removal takes a minute, as it does with a runtime that is gone. */
  const removeMs = 60_000;
  const script = {
    onStep(step: string) {
      if (step === "start") throw new FnError("engine_unreachable");
      return step === "remove" ? removeMs : undefined;
    },
  };

  test("fails its call at once, and keeps its memory until it is gone", async () => {
    const rig = createRig(echo, { script });
    const call = rig.call("f");
    await rest(rig);
    await rig.clock.advance(50);
    assert.equal(await call.outcome, "engine_unreachable");
    assert.equal(rig.agent.state.memoryUsedMib, 128);
    await rig.clock.advance(removeMs);
    assert.equal(rig.agent.state.memoryUsedMib, 0);
  });

  test("holds up no turn to start while it is removed", async () => {
    let starts = 0;
    const onStep = (step: string) => {
      if (step === "start" && starts++ < 2) throw new FnError("engine_unreachable");
      return step === "remove" ? removeMs : undefined;
    };
    const rig = createRig(echo, { script: { onStep }, agent: { cores: 1 } });
    const failed = [rig.call("f"), rig.call("g")];
    await rig.clock.advance(200);
    assert.deepEqual(await Promise.all(failed.map(({ outcome }) => outcome)), [
      "engine_unreachable",
      "engine_unreachable",
    ]);
    const next = rig.call("h", { body: "up" });
    await rig.clock.advance(200);
    assert.equal(await next.outcome, "up");
  });
});
