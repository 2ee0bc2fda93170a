import { describe } from "node:test";
import { appsSuite } from "./suite/apps.suite.ts";
import { callsSuite } from "./suite/calls.suite.ts";
import { changesSuite } from "./suite/changes.suite.ts";
import { fnsSuite } from "./suite/fns.suite.ts";
import { lifetimeSuite } from "./suite/lifetime.suite.ts";
import { modelSuite } from "./suite/model.suite.ts";
import { nodesSuite } from "./suite/nodes.suite.ts";
import { routesSuite } from "./suite/routes.suite.ts";
import { type OpenTwo, sharingSuite } from "./suite/sharing.suite.ts";
import type { OpenEmpty } from "./suite/test-store.suite.ts";
import { tokensSuite } from "./suite/tokens.suite.ts";
import { triggersSuite } from "./suite/triggers.suite.ts";
import { viewsSuite } from "./suite/views.suite.ts";

/** What every store does. A slow one has fewer `modelRuns`. */
export function storeSuite(name: string, open: OpenEmpty, { modelRuns = 40 } = {}): void {
  describe(name, () => {
    appsSuite(open);
    fnsSuite(open);
    triggersSuite(open);
    routesSuite(open);
    viewsSuite(open);
    tokensSuite(open);
    callsSuite(open);
    nodesSuite(open);
    changesSuite(open);
    lifetimeSuite(open);
    modelSuite(open, { runs: modelRuns });
  });
}

/** What stores do besides, when several share what is stored. */
export function sharedStoreSuite(name: string, open: OpenTwo): void {
  describe(name, () => sharingSuite(open));
}
