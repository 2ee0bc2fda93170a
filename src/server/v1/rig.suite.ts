import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import pino from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { createIds } from "../../clock/ids.ts";
import { seededRandom } from "../../clock/random.ts";
import { openStore } from "../../store/open-store.ts";
import type { Store } from "../../store/store.ts";
import { createManagement, type ManagementOptions } from "../management.ts";

/** The management API behind a real http server on a store in memory, for the length of one test. */
export interface Rig {
  readonly store: Store;
  readonly clock: FakeClock;
  /** Lines that were logged. */
  readonly logged: string[];
  readonly server: Server;
  /** Sends the target as it stands. A body that is no text or bytes is sent as JSON. */
  send(method: string, target: string, body?: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** The text as JSON; empty when it is none. */
  readonly body: AnswerBody;
}

interface AnswerBody {
  readonly message?: string;
  readonly error?: { readonly message: string; readonly code: string; readonly fields?: string };
  readonly next_cursor?: string;
  readonly app?: Readonly<Record<string, unknown>>;
  readonly apps?: readonly { readonly name: string }[];
  readonly route?: Readonly<Record<string, unknown>>;
  readonly routes?: readonly { readonly path: string }[];
  readonly call?: Readonly<Record<string, unknown>>;
  readonly calls?: readonly { readonly id: string }[];
}

export async function openRig(context: TestContext, options: Partial<ManagementOptions> = {}): Promise<Rig> {
  const clock = new FakeClock();
  const store = await openStore("sqlite3://:memory:", clock);
  const logged: string[] = [];
  const management = await createManagement({
    store,
    clock,
    ids: createIds(clock, seededRandom(1)),
    log: pino({}, { write: (line) => logged.push(line) }),
    flushCalls: async () => {},
    imageSettings: async () => ({}),
    version: { api: "0.3.306", hotfn: "0.1.0" },
    ...options,
  });
  const server = createServer((request, response) => management.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on TCP, so the address is one of TCP.
  const { port } = server.address() as AddressInfo;
  context.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await management.close();
    await store.close();
  });
  return { store, clock, logged, server, send: (...request) => send(port, ...request) };
}

async function send(
  port: number,
  ...[method, target, body, headers]: Parameters<Rig["send"]>
): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", method, path: target, headers, agent: false });
    request.on("response", resolve).on("error", reject);
    request.end(
      body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    );
  });
  const answer = await text(response);
  const isJson = response.headers["content-type"]?.startsWith("application/json") && answer !== "";
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: answer,
    body: isJson ? JSON.parse(answer) : {},
  };
}
