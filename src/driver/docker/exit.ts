import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import type { Exit } from "../driver.ts";
import { inspect, statusOf } from "./engine.ts";
import { type Backoff, backOff } from "./retry.ts";

/** What is known of a container that somebody removed: it was killed. */
export const REMOVED: Exit = { code: undefined, signal: "SIGKILL", outOfMemory: false };

/**
 * Waits until a started container has ended, however often the connection to the engine breaks meanwhile: it is the
 * engine that says so, and never the connection. Rejects with the signal's reason only.
 */
export async function waitForExit(
  engine: Docker,
  id: string,
  backoff: Backoff,
  signal: AbortSignal,
): Promise<Exit> {
  for (let tries = 0; ; tries++) {
    try {
      await waitOnce(engine, id, signal);
      const { State } = await inspect(engine, id, backoff.clock);
      return { code: State.ExitCode, signal: undefined, outOfMemory: State.OOMKilled };
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) === 404) return REMOVED;
      await backOff(backoff, tries, signal);
    }
  }
}

/**
 * The library's own `wait` never comes back when the answer breaks off half way, since it does not listen for that;
 * so the answer is taken as a stream.
 */
async function waitOnce(engine: Docker, id: string, abortSignal: AbortSignal): Promise<void> {
  const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    const request = {
      path: `/containers/${encodeURIComponent(id)}/wait`,
      method: "POST",
      abortSignal,
      isStream: true,
      statusCodes: { 200: true, 404: "no such container" },
    };
    engine.modem.dial(request, (error: unknown, response: unknown) =>
      // The library's type is `unknown`; with `isStream` it hands out the response itself.
      error ? reject(error) : resolve(response as NodeJS.ReadableStream),
    );
  });
  await text(answer);
}
