import { describe } from "node:test";
import { appsSuite } from "./suite/apps.suite.ts";
import { callsSuite } from "./suite/calls.suite.ts";
import { changesSuite } from "./suite/changes.suite.ts";
import { lifetimeSuite } from "./suite/lifetime.suite.ts";
import { modelSuite } from "./suite/model.suite.ts";
import { nodesSuite } from "./suite/nodes.suite.ts";
import { routesSuite } from "./suite/routes.suite.ts";
import { type OpenTwo, sharingSuite } from "./suite/sharing.suite.ts";
import type { OpenEmpty } from "./suite/test-store.suite.ts";

/** What every store does. */
export function storeSuite(name: string, open: OpenEmpty): void {
  describe(name, () => {
    appsSuite(open);
    routesSuite(open);
    callsSuite(open);
    nodesSuite(open);
    changesSuite(open);
    lifetimeSuite(open);
    modelSuite(open);
  });
}

/** What stores do besides, when several share what is stored. */
export function sharedStoreSuite(name: string, open: OpenTwo): void {
  describe(name, () => sharingSuite(open));
}
