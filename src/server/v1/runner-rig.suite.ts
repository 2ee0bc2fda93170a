/** What a runner asks of a node, on the route `demo/hello`. */
import { mock } from "node:test";
import { settle } from "../../clock/fake-clock.ts";
import { type Answer, openRig, type Rig } from "./rig.suite.ts";

export const ID = "01M80EXNR448SG200000000000";
export const CALL = { id: ID, app_name: "demo", path: "/hello" };

export async function openRunnerRig(...args: Parameters<typeof openRig>): Promise<Rig> {
  const rig = await openRig(...args);
  const route = {
    path: "/hello",
    image: "hello",
    type: "async",
    config: { A: "1" },
    secrets: { KEY: "hush" },
  };
  await rig.send("POST", "/v1/apps/demo/routes", { route });
  return rig;
}

export const put = ({ send }: Rig, more: object = {}) =>
  send("PUT", "/v1/runner/async", { ...CALL, ...more });
export const get = ({ send }: Rig) => send("GET", "/v1/runner/async");
export const start = ({ send }: Rig, call: object = CALL) => send("POST", "/v1/runner/start", call);
export const finish = ({ send }: Rig, call: object = {}, log?: string) =>
  send("POST", "/v1/runner/finish", { call: { ...CALL, status: "success", ...call }, log });

export async function takenIds(rig: Rig, count: number): Promise<unknown[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < count; i++) answers.push(await get(rig));
  return answers.map(({ body }) => body.calls?.[0]?.id);
}

export async function stored({ send }: Rig, id = ID) {
  const { body } = await send("GET", `/v1/apps/demo/calls/${id}`);
  return body.call;
}

/** A poll that has found nothing and waits: what it is answered with, once it is. */
export async function poll(rig: Rig): Promise<{ readonly answer: Promise<Answer> }> {
  const look = mock.method(rig.store.queue, "nextDueInMs");
  const answer = get(rig);
  await until(() => look.mock.callCount() > 0);
  await look.mock.calls[0]?.result;
  await settle();
  look.mock.restore();
  return { answer };
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle();
}
