import { POLICY_NAMES } from "./create-policy.ts";
import { policySuite, rendezvousSuite } from "./policy.suite.ts";

for (const name of POLICY_NAMES) policySuite(name);
rendezvousSuite("warm");
rendezvousSuite("bounded");
