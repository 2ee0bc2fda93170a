/** Each row of the table of errors: status and sentence, and a request that brings it about where /v1 can. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import { openRig, type Rig, seedCalls } from "./rig.suite.ts";

const APP = "/v1/apps/demo";
const ROUTES = `${APP}/routes`;
const R = { path: "/x", image: "i" };
type Request = Parameters<Rig["send"]>;
const post = (route: object): Request => ["POST", ROUTES, { route: { ...R, ...route } }];

describe("API reference 2.5: errors", () => {
  const rows: readonly (readonly [status: number, message: string, request: Request])[] = [
    [400, "Invalid JSON", ["POST", "/v1/apps", "{"]],
    [400, "Missing new application", ["POST", "/v1/apps", {}]],
    [400, "Missing app name", ["GET", "/v1/apps//routes"]],
    [400, "App name must be 30 characters or less", ["POST", "/v1/apps", { app: { name: "a".repeat(31) } }]],
    [400, "Invalid app name", ["PUT", "/v1/apps/a.b/routes/x", { route: R }]],
    [404, "App not found", ["GET", "/v1/apps/none"]],
    [409, "App already exists", ["POST", "/v1/apps", { app: { name: "demo" } }]],
    [409, "Could not update - name is immutable", ["PATCH", APP, { app: { name: "demo" } }]],
    [400, "Missing new route", ["POST", ROUTES, {}]],
    [400, "Missing route Path", post({ path: "" })],
    [400, "Path malformed", post({ path: "/%zz" })],
    [400, "Dynamic URL is not allowed", post({ path: "/:id" })],
    [400, "Invalid route path format", post({ path: "x" })],
    [400, "Missing route Image", post({ image: "" })],
    [400, "Invalid route Type", post({ type: "later" })],
    [400, "Invalid route Format", post({ format: "xml" })],
    [
      400,
      "timeout value is out of range. Sync should be between 0 and 120, async should be between 0 and 3600",
      post({ timeout: 121 }),
    ],
    [
      400,
      "idle_timeout value is out of range. It should be between 0 and 3600",
      post({ idle_timeout: 3601 }),
    ],
    [400, "memory value is out of range. It should be between 0 and 8192", post({ memory: 8193 })],
    [
      400,
      "Cpus is invalid. Value should be either between [0.000 and 1024.000] or [0m and 1024000m] milliCPU units",
      post({ cpus: "-1" }),
    ],
    [404, "Route not found", ["GET", `${ROUTES}/none`]],
    [409, "Route already exists", post({ path: "/there" })],
    [409, "Could not update - path is immutable", ["PATCH", `${ROUTES}/there`, { route: R }]],
    [404, "Call not found", ["GET", `${APP}/calls/none`]],
    [404, "Call log not found", ["GET", `${APP}/calls/none/log`]],
    [400, "from_time is not an epoch time", ["GET", `${APP}/calls?from_time=x`]],
    [400, "to_time is not an epoch time", ["GET", `${APP}/calls?to_time=x`]],
    [404, "Path not found: /v1/none", ["GET", "/v1/none"]],
  ];
  for (const [status, message, request] of rows) {
    test(`${status} ${message}`, async (t) => {
      const { send, store } = await openRig(t);
      await send("PUT", `${ROUTES}/there`, { route: { image: "i" } });
      const before = await store.changeCount();
      const answer = await send(...request);
      assert.deepEqual([answer.status, answer.body.error?.message], [status, message]);
      assert.equal(await store.changeCount(), before, "nothing is stored");
    });
  }

  const image = "i";
  /** Those that only a call can bring about, or the kind of node: status and sentence are what is tested here. */
  const others: readonly (readonly [status: number, message: string, error: FnError])[] = [
    [406, "unable to respond within acceptable response content types", new FnError("log_not_acceptable")],
    [
      400,
      "Invoking routes /r/ is not supported on nodes configured as type API",
      new FnError("invoke_unsupported"),
    ],
    [
      400,
      "Invoking api /v1/ requests is not supported on nodes configured as type Runner",
      new FnError("api_unsupported"),
    ],
    [400, "Invalid payload", new FnError("payload_invalid")],
    [503, "Timed out - server too busy", new FnError("server_busy")],
    [504, "Timed out", new FnError("call_timeout")],
    [502, "container exit code 3", new FnError("container_exited", { exit: 3 })],
    [
      502,
      "container out of memory, you may want to raise route.memory for this route (default: 128MB)",
      new FnError("container_out_of_memory"),
    ],
    [404, "Failed to pull image 'i': gone", new FnError("image_not_found", { image, reason: "gone" })],
    [401, "Failed to pull image 'i': no", new FnError("image_unauthorized", { image, reason: "no" })],
    [500, "internal server error", new FnError("internal")],
  ];
  for (const [status, message, error] of others) {
    test(`${status} ${message}`, () => assert.deepEqual([error.status, error.message], [status, message]));
  }

  const additions: readonly (readonly [status: number, code: ErrorCode, request: Request])[] = [
    [400, "call_status_invalid", ["GET", `${APP}/calls?status=x`]],
    [404, "answer_not_found", ["GET", `${APP}/calls/01A/answer`]],
    [404, "call_not_found", ["DELETE", `${APP}/calls/none`]],
    [404, "call_not_found", ["POST", `${APP}/calls/none/redrive`]],
    [400, "call_id_missing", ["POST", "/v1/runner/start", {}]],
  ];
  for (const [status, code, request] of additions) {
    test(`${status} ${code}, which Fn does not have: ${request[0]} ${request[1]}`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(rig, ["01A"]);
      const answer = await rig.send(...request);
      assert.deepEqual([answer.status, answer.body.error?.code], [status, code]);
    });
  }
});
