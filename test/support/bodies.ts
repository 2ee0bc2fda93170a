/** Bodies larger than anybody should hold. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export const MIB = 1024 * 1024;

export interface Counted {
  readonly status: number | undefined;
  readonly bytes: number;
}

/** Sends a body of so many MiB, and counts what comes back; holds neither. */
export async function exchange(url: string, sentMib: number): Promise<Counted> {
  const call = post(url, sentMib);
  // A function may answer before it has read it all, or break the call off: the answer says which.
  const sending = pipeline(Readable.from(mebibytes(sentMib)), call).catch(() => {});
  const answer = await answerOf(call);
  let bytes = 0;
  for await (const part of answer) bytes += part.length;
  await sending;
  return { status: answer.statusCode, bytes };
}

/** Reads an answer until so many MiB are there, and leaves. */
export async function leaveAfter(url: string, mib: number): Promise<void> {
  const call = post(url, 0).end();
  const answer = await answerOf(call);
  let bytes = 0;
  for await (const part of answer) {
    bytes += part.length;
    if (bytes >= mib * MIB) break;
  }
  call.destroy();
}

function post(url: string, sentMib: number): ClientRequest {
  return request(url, { method: "POST", agent: false, headers: { "Content-Length": sentMib * MIB } });
}

async function answerOf(call: ClientRequest): Promise<IncomingMessage> {
  const [answer]: IncomingMessage[] = await once(call, "response");
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

function* mebibytes(count: number): Generator<Buffer> {
  const one = Buffer.alloc(MIB, "x");
  for (let i = 0; i < count; i++) yield one;
}
