/** Sends the requests of a transcript to a node, one after the other. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { Placeholders } from "./placeholders.ts";
import type { Exchange, Message, Transcript } from "./transcript.ts";

/** Of the connection, or of the moment. */
const UNTOLD = new Set(["connection", "content-length", "date", "keep-alive", "transfer-encoding"]);

/** How long what is waited for may take, on a machine that has other things to do. */
const UNTIL_MS = 30_000;
const AGAIN_MS = 50;

/** The exchanges of a transcript, with the answers of this node. */
export async function* play({ blocks }: Transcript, url: string): AsyncGenerator<Exchange> {
  const player = new Player(new URL(url).host);
  for (const block of blocks) {
    if (block.kind === "exchange") yield { ...block, answer: await player.answerTo(block) };
  }
}

class Player {
  readonly #host: string;
  readonly #placeholders: Placeholders;

  constructor(host: string) {
    this.#host = host;
    this.#placeholders = new Placeholders(host);
  }

  async answerTo({ request: asked, names, until, isAnyBody }: Exchange): Promise<Message> {
    const endMs = performance.now() + UNTIL_MS;
    for (;;) {
      const { start, fields, body } = await this.#send(asked);
      this.#placeholders.name([...fields.map(([, value]) => value), body], names);
      const hidden = this.#placeholders.hide(body);
      if (until === undefined || hidden.includes(until) || performance.now() > endMs) {
        const shown = fields.map(
          ([name, value]) => [name, this.#placeholders.hideField(name, value)] as const,
        );
        return { start, fields: shown, body: isAnyBody ? "{any body}" : hidden };
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async #send({ start, fields, body }: Message): Promise<Message> {
    const [method = "", target = ""] = this.#placeholders.fill(start).split(" ");
    const sent = Buffer.from(this.#placeholders.fill(body));
    const headers = fields.map(([name, value]) => [name, this.#placeholders.fill(value)]);
    if (!headers.some(([name]) => name?.toLowerCase() === "host")) headers.push(["Host", this.#host]);
    if (sent.length > 0) headers.push(["Content-Length", String(sent.length)]);
    headers.push(["Connection", "close"]);
    const [hostname, port] = this.#host.split(":");
    const call = request({ hostname, port, method, path: target, headers: headers.flat(), agent: false });
    call.end(sent);
    // `once` has no types for what an event brings.
    const [answer] = (await once(call, "response")) as [IncomingMessage];
    return { start: String(answer.statusCode), fields: fieldsOf(answer), body: await text(answer) };
  }
}

function fieldsOf({ rawHeaders }: IncomingMessage): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) fields.push([rawHeaders[i] ?? "", rawHeaders[i + 1] ?? ""]);
  return fields.filter(([name]) => !UNTOLD.has(name.toLowerCase()));
}
