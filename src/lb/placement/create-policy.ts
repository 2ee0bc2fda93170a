import type { Clock } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { Bounded } from "./bounded.ts";
import { Least } from "./least.ts";
import type { Policy, PolicyName } from "./policy.ts";
import { Wait } from "./wait.ts";
import { Warm } from "./warm.ts";

/** What there is to choose from, the default first. */
export const POLICY_NAMES: readonly PolicyName[] = ["warm", "wait", "bounded", "least"];

export interface PolicyOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/** The policy of this name, without any nodes yet. */
export function createPolicy(name: PolicyName, { clock, random }: PolicyOptions): Policy {
  switch (name) {
    case "warm":
      return new Warm(clock);
    case "wait":
      return new Wait(clock, random);
    case "bounded":
      return new Bounded(clock);
    case "least":
      return new Least(random);
  }
}
