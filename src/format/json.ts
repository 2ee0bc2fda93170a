import { FnError } from "../model/errors.ts";
import { toJson } from "../model/json.ts";
import type { RequestPipe } from "./active-call.ts";
import { callFields, groupByName, rfc3339, textOfField } from "./call-fields.ts";
import type { CallInput, Format } from "./format.ts";
import { JsonAnswer } from "./json-answer.ts";
import { collectText } from "./send-body.ts";
import { StreamSession } from "./stream-session.ts";

/** The body becomes a string inside an object, so it is held whole, several times over while it is written. */
export const JSON_REQUEST_BODY_BYTES_MAX = 16 * 1024 * 1024;

/** Hot: JSON objects on stdin and stdout. Source: section 3 of the format reference. */
export const jsonFormat: Format = {
  name: "json",
  hot: true,
  channel: "stdio",
  callEnv: () => ({}),
  async open({ stdin, stdout }, signal) {
    signal.throwIfAborted();
    return new StreamSession({
      format: "json",
      input: stdin,
      output: stdout,
      send,
      reader: new JsonAnswer(),
    });
  },
};

function send(input: CallInput, pipe: RequestPipe): void | Promise<void> {
  if (!input.body) return sendObject(input, "", pipe);
  return collectText(input, JSON_REQUEST_BODY_BYTES_MAX, bodyTooLarge).then((body) => {
    sendObject(input, body, pipe);
  });
}

function sendObject(input: CallInput, body: string, pipe: RequestPipe): void {
  pipe.begin();
  pipe.write(Buffer.from(encodeRequest(input, body), "utf8"));
  pipe.complete();
}

/**
 * The object of January 2018, and in it `deadline` and `protocol.method` of the time after: together they serve every
 * function kit since November 2017. The line breaks are those of the original.
 */
function encodeRequest(input: CallInput, body: string): string {
  const fields = callFields(input);
  const contentType = fields.find(([name]) => name === "Content-Type")?.[1] ?? "";
  const headers = Object.fromEntries(
    [...groupByName(fields)].map(([name, values]) => [name, values.map(textOfField)]),
  );
  return `{
"call_id":${toJson(input.callId)}
,"deadline":${toJson(rfc3339(input.deadlineMs))}
,"content_type":${toJson(textOfField(contentType))}
,"body":${toJson(body)}
,"protocol":{"type":${toJson(input.type)}
,"method":${toJson(input.method)}
,"request_url":${toJson(textOfField(input.requestUrl))}
,"headers":${toJson(headers)}
}
}

`;
}

function bodyTooLarge(length: number): FnError {
  return new FnError("body_too_large", { length, max: JSON_REQUEST_BODY_BYTES_MAX });
}
