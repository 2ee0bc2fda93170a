import { wholeBody } from "../../http1/whole-body.ts";
import { FnError } from "../../model/errors.ts";
import { isJsonObject, toJson } from "../../model/json.ts";

/** What a command of the management is asked. */
export interface CommandInput {
  readonly query: URLSearchParams;
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

/** What it answers. */
export interface Reply {
  readonly status: number;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  readonly body: string;
}

export type Command = (input: CommandInput) => Reply | Promise<Reply>;

/** Functions to warm may be many; this allows for as many as are taken. */
const BODY_BYTES_MAX = 256 * 1024;

/** One line of JSON. */
export function json(status: number, value: unknown, fields: readonly string[] = []): Reply {
  return { status, fields: ["Content-Type", "application/json", ...fields], body: `${toJson(value)}\n` };
}

/** The one JSON object of a body. Throws `invalid_json`, `body_too_large` and `request_malformed`. */
export async function readObject({ body }: CommandInput): Promise<Record<string, unknown>> {
  const text = (await wholeBody(body, BODY_BYTES_MAX)).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FnError("invalid_json");
  }
  if (!isJsonObject(value)) throw new FnError("invalid_json");
  return value;
}
