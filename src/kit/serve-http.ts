/** Both formats that are HTTP/1.1: on a unix socket (`http-stream`), and on the standard streams (`http`). */
import { chmodSync, symlinkSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { basename } from "node:path";
import { Duplex, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Answer, type Answerer, type Call, dateOf, type Field, fieldValue, HOP_FIELDS } from "./call.ts";

// An import would read all that the module exports, and among it is Node's HTTP client, which takes longer to load than all
// else that a function waits for at its start.
const { createServer } = process.getBuiltinModule("node:http");

/**
 * Serves `http-stream` on a socket. It appears under its name when it can be called: the listener is made under another, and
 * a link to it is what the platform waits for. Source: section 4 of the format reference. Errors: those of listening.
 */
export function serveHttpStream(answerer: Answerer, socketPath: string): Promise<void> {
  const server = httpServer(async (request, response) => {
    if (request.method !== "POST" || request.url !== "/call") {
      response.writeHead(400).end();
      return;
    }
    const { call, isDirect } = streamCall(request);
    await write(streamAnswer(await answerer(call), isDirect), response);
  });
  const listenPath = `${socketPath}.tmp`;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(listenPath, () => {
      // Functions may run as another user than the platform.
      chmodSync(listenPath, 0o666);
      symlinkSync(basename(listenPath), socketPath);
      resolve();
    });
  });
}

/** Serves `http`: one connection, which is the standard streams. */
export function serveHttp(answerer: Answerer, input: Readable, output: Writable): void {
  const server = httpServer(async (request, response) => {
    await write(await answerer(httpCall(request)), response);
  });
  // A pair is taken as well, whatever the type says.
  const streams = Duplex.from({ readable: input, writable: output } as unknown as Readable);
  server.emit("connection", streams);
}

/** Without limits of time: the platform has one for each call. */
function httpServer(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Server {
  const server = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        // The answer has begun, so that only a broken connection tells that it is not whole.
        console.error("Error in function:", error);
        response.destroy();
      });
    },
  );
  server.timeout = 0;
  return server;
}

/** The caller's request is told in fields of its own, unless the function was called by its id. */
function streamCall(request: IncomingMessage): { call: Call; isDirect: boolean } {
  const fields = fieldsOf(request);
  const isDirect = fieldValue(fields, "fn-intent") !== "httprequest";
  const own = fields.filter(([name]) => !name.toLowerCase().startsWith("fn-"));
  const call: Call = {
    id: fieldValue(fields, "fn-call-id") ?? "",
    deadline: dateOf(fieldValue(fields, "fn-deadline")),
    method: isDirect ? undefined : fieldValue(fields, "fn-http-method"),
    url: isDirect ? undefined : fieldValue(fields, "fn-http-request-url"),
    fields: endToEnd(isDirect ? own : [...own.filter(isContentType), ...callersFields(fields)]),
    body: request,
  };
  return { call, isDirect };
}

function callersFields(fields: readonly Field[]): Field[] {
  return fields
    .filter(([name]) => name.toLowerCase().startsWith(CALLER_PREFIX.toLowerCase()))
    .map(([name, value]) => [name.slice(CALLER_PREFIX.length), value]);
}

/** The status of the message speaks of the kit: 200 for an answer of whatever status, 502 for none. */
function streamAnswer(answer: Answer, isDirect: boolean): Answer {
  if (answer.isFailure) return answer;
  const { status, fields, body } = answer;
  const plain = isDirect ? fields : fields.filter(isContentType);
  const prefixed = fields
    .filter((field) => !isDirect && !isContentType(field))
    .map(([name, value]): Field => [CALLER_PREFIX + name, value]);
  return { status: 200, fields: [["Fn-Http-Status", String(status)], ...plain, ...prefixed], body };
}

function httpCall(request: IncomingMessage): Call {
  const fields = fieldsOf(request);
  return {
    id: fieldValue(fields, "fn_call_id") ?? "",
    deadline: dateOf(fieldValue(fields, "fn_deadline")),
    method: request.method,
    url: fieldValue(fields, "fn_request_url"),
    fields: endToEnd(fields.filter(([name]) => !OWN_HTTP_FIELDS.has(name.toLowerCase()))),
    body: request,
  };
}

async function write({ status, fields, body }: Answer, response: ServerResponse): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of fields) response.appendHeader(name, value);
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) response.end(body);
  else await pipeline(body, response);
}

function fieldsOf({ rawHeaders }: IncomingMessage): Field[] {
  const fields: Field[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    fields.push([rawHeaders[i] ?? "", rawHeaders[i + 1] ?? ""]);
  return fields;
}

function endToEnd(fields: readonly Field[]): Field[] {
  return fields.filter(([name]) => !HOP_FIELDS.has(name.toLowerCase()));
}

function isContentType([name]: Field): boolean {
  return name.toLowerCase() === "content-type";
}

const CALLER_PREFIX = "Fn-Http-H-";
const OWN_HTTP_FIELDS: ReadonlySet<string> = new Set([
  "fn_call_id",
  "fn_deadline",
  "fn_method",
  "fn_request_url",
]);
