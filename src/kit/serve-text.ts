/** Both formats without HTTP: JSON objects on the standard streams (`json`), and one call for a process (`default`). */
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Answer, type Answerer, bytesOf, type Call, dateOf, type Field, fieldValue } from "./call.ts";

/** Serves `json`: an object in, an object out, until the input ends. Source: section 3 of the format reference. */
export async function serveJson(answerer: Answerer, input: Readable, output: Writable): Promise<void> {
  for await (const request of objectsOf(input)) {
    output.write(JSON.stringify(await jsonAnswer(await answerer(jsonCall(request)))));
  }
}

/**
 * Serves `default`: the call is the environment and the input, the answer's body is the output; a status cannot be told.
 * Resolves with the exit code. Source: section 1 of the format reference.
 */
export async function serveDefault(
  answerer: Answerer,
  env: Readonly<Record<string, string | undefined>>,
  { input, output }: { readonly input: Readable; readonly output: Writable },
): Promise<number> {
  const { isFailure, body } = await answerer(environmentCall(env, input));
  if (isFailure) return 1;
  if (typeof body === "string" || body instanceof Uint8Array) output.write(body);
  else if (body !== undefined) await pipeline(body, output, { end: false });
  return 0;
}

/** What the platform writes for one call; what else is in there is left alone. */
interface JsonRequest {
  readonly call_id?: string;
  readonly body?: string;
  readonly deadline?: string;
  readonly protocol?: {
    readonly method?: string;
    readonly request_url?: string;
    readonly headers?: Readonly<Record<string, readonly string[]>>;
  };
}

/** The next object comes when this one is answered, so that what arrives is the beginning of one, or all of it. */
async function* objectsOf(input: Readable): AsyncGenerator<JsonRequest> {
  let text = "";
  for await (const part of input.setEncoding("utf8")) {
    text += part;
    if (!text.trimEnd().endsWith("}")) continue;
    const request = parse(text);
    if (request === undefined) continue;
    text = "";
    yield request;
  }
}

/** Undefined while the object is not whole. */
function parse(text: string): JsonRequest | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jsonCall({ call_id = "", body = "", deadline, protocol = {} }: JsonRequest): Call {
  const { method, request_url: url, headers = {} } = protocol;
  const fields = Object.entries(headers).flatMap(([name, values]) =>
    values.map((value): Field => [name, value]),
  );
  return {
    id: call_id,
    deadline: dateOf(deadline ?? fieldValue(fields, "fn_deadline")),
    method: method ?? fieldValue(fields, "fn_method"),
    url,
    fields: fields.filter(([name]) => !/^fn_/i.test(name) && !/^content-length$/i.test(name)),
    body: onePart(Buffer.from(body)),
  };
}

async function jsonAnswer({ status, fields, body = "" }: Answer): Promise<unknown> {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of fields) headers[name] = [...(headers[name] ?? []), value];
  const text =
    typeof body === "string"
      ? body
      : (body instanceof Uint8Array ? Buffer.from(body) : await bytesOf(body)).toString("utf8");
  return {
    body: text,
    content_type: fieldValue(fields, "content-type") ?? "",
    protocol: { status_code: status, headers },
  };
}

function environmentCall(env: Readonly<Record<string, string | undefined>>, body: Readable): Call {
  return {
    id: env.FN_CALL_ID ?? "",
    deadline: dateOf(env.FN_DEADLINE ?? env.FN_HEADER_Fn_deadline),
    method: env.FN_METHOD,
    url: env.FN_REQUEST_URL,
    fields: environmentFields(env),
    body,
  };
}

/** Platforms tell a field by its own name, in capitals with underscores, or both ways. */
function environmentFields(env: Readonly<Record<string, string | undefined>>): Field[] {
  const fields = new Map<string, Field>();
  for (const [variable, value = ""] of Object.entries(env)) {
    const [, spelling] = /^FN_HEADER_(.+)$/.exec(variable) ?? [];
    if (spelling === undefined || /^fn_/i.test(spelling)) continue;
    const name = spelling.replaceAll("_", "-");
    fields.set(name.toLowerCase(), [name, value]);
  }
  return [...fields.values()];
}

async function* onePart(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
