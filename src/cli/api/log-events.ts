import { text } from "node:stream/consumers";
import { CommandError } from "../common/io.ts";
import type { ApiClient } from "./api-client.ts";
import { readEvents, type ServerEvent } from "./events.ts";
import { parseObject, refusal } from "./json-api.ts";
import { isNumber, isText } from "./resources.ts";
import { send } from "./send.ts";
import { urlBelow } from "./server-url.ts";

/** What is told of logs while they are written. */
export type LogEvent =
  | { readonly type: "log"; readonly call_id: string; readonly path: string; readonly text: string }
  | { readonly type: "end"; readonly call_id: string; readonly status: string }
  /** The reader was too slow for so many events. */
  | { readonly type: "lost"; readonly events: number };

/** Whose logs are followed: those of an app, or of one of its calls. */
export interface LogSource {
  readonly app: string;
  readonly callId?: string | undefined;
  /** Only calls of the route of exactly this path. */
  readonly path?: string | undefined;
}

/** The logs as they are written, until the server ends them. Errors: `CommandError`, also when the connection breaks. */
export async function* readLogEvents(
  api: Pick<ApiClient, "server" | "authorization">,
  { app, callId, path }: LogSource,
): AsyncGenerator<LogEvent> {
  const segments = ["v1", "apps", app, ...(callId === undefined ? ["logs"] : ["calls", callId, "log"])];
  const url = urlBelow(api.server, segments, { follow: "1", path });
  const headers = Object.entries({ Accept: "text/event-stream", ...api.authorization() });
  const answer = await send(api.server, { url, method: "GET", headers, body: undefined });
  if (answer.status !== 200) throw refusal(answer.status, await text(answer.body));
  try {
    for await (const event of readEvents(answer.body)) {
      const told = parseEvent(event);
      if (told) yield told;
    }
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError("the connection to the server broke off");
  } finally {
    answer.body.destroy();
  }
}

/** Undefined for what is no event of these: a server that is newer may have others. */
function parseEvent({ type, data }: ServerEvent): LogEvent | undefined {
  const { call_id, path, text, status, events } = parseObject(data) ?? {};
  if (type === "log" && isText(call_id) && isText(path) && isText(text)) return { type, call_id, path, text };
  if (type === "end" && isText(call_id) && isText(status)) return { type, call_id, status };
  if (type === "lost" && isNumber(events)) return { type, events };
  return undefined;
}
