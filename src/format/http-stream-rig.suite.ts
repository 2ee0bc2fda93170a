/** Calls in format `http-stream` to a function that a script plays. */
import { FakeClock } from "../clock/fake-clock.ts";
import type { CallInput } from "./format.ts";
import { createHttpStreamFormat } from "./http-stream.ts";
import { callInput, httpBody, never, RecordingSink, socketChannels } from "./testdata/scripted-function.ts";

export const format = createHttpStreamFormat(new FakeClock());

export type Begun = Awaited<ReturnType<typeof begin>>;
export type AfterTest = { after(action: () => Promise<void>): void };

/** A session that has had no call. */
export async function opened(t: AfterTest) {
  const channels = await socketChannels();
  const session = await format.open(channels.container, never());
  t.after(async () => {
    session.close();
    await channels.stop();
  });
  return { session, channels, fn: await channels.nextFunction() };
}

/** A call that has been sent. */
export async function begin(t: AfterTest, changes: Partial<CallInput> = {}, signal = never()) {
  const { session, channels, fn } = await opened(t);
  const sink = new RecordingSink();
  const call = session.exchange(callInput(changes), sink, signal);
  call.catch(() => {});
  await fn.until(httpBody);
  return { session, channels, sink, fn, call };
}

/** What the function gets. */
export async function requestOf(t: AfterTest, changes: Partial<CallInput>): Promise<string> {
  const { fn } = await begin(t, changes);
  return fn.received.toString("latin1");
}

/** What comes of this answer. */
export async function answered(t: AfterTest, text: string, changes: Partial<CallInput> = {}) {
  const { session, sink, fn, call } = await begin(t, changes);
  await fn.write(text);
  await call;
  return { session, sink };
}
