/**
 * Requests and their answers, as text that people read and write:
 *
 *     # What an app is
 *
 *     * names app
 *     > POST /v2/apps
 *     >
 *     > {"name":"one"}
 *     < 200
 *     < Content-Type: application/json; charset=utf-8
 *     <
 *     < {"id":"{app}","name":"one","created_at":"{time}","updated_at":"{time}"}
 *
 * Blocks are divided by empty lines. A block with a line that begins with `>` is an exchange, any other is prose. What
 * differs from run to run stands as a placeholder (`placeholders.ts`). Lines that begin with `*` say more:
 *
 * - `* node -type api`, on top of the file: flags of the node that answers.
 * - `* names a, b`: the new ids and tokens of this answer, in their order; later requests may use them as `{a}` and `{b}`.
 * - `* until TEXT`: the request is sent again until the body of its answer has this text, for half a minute at most.
 * - `* any body`: the body is too long, or too much of its time, to be recorded.
 */
import assert from "node:assert/strict";

export interface Transcript {
  readonly title: string;
  /** Of the node that answers. */
  readonly nodeArgs: readonly string[];
  readonly blocks: readonly (Prose | Exchange)[];
}

/** Lines that are kept as they are. */
export interface Prose {
  readonly kind: "prose";
  readonly text: string;
}

export interface Exchange {
  readonly kind: "exchange";
  readonly names: readonly string[];
  readonly until: string | undefined;
  readonly isAnyBody: boolean;
  readonly request: Message;
  /** Undefined until it is recorded. */
  readonly answer: Message | undefined;
}

export interface Message {
  /** `METHOD target`, or the status. */
  readonly start: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export function parseTranscript(text: string): Transcript {
  const blocks = text
    .trimEnd()
    .split(/\n{2,}/)
    .map(parseBlock);
  const prose = blocks.filter((block) => block.kind === "prose").map((block) => block.text);
  const title = /^# (.+)/.exec(text)?.[1];
  assert.ok(title, "a transcript begins with its title");
  const flags = prose.flatMap((each) => /^\* node (.+)$/m.exec(each)?.[1] ?? []);
  return { title, nodeArgs: flags.flatMap((each) => each.split(" ")), blocks };
}

export function exchangesOf({ blocks }: Transcript): readonly Exchange[] {
  return blocks.filter((block) => block.kind === "exchange");
}

function parseBlock(text: string): Prose | Exchange {
  const lines = text.split("\n");
  const after = (mark: string) => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(2));
  const [request, answer] = [parseMessage(after(">")), parseMessage(after("<"))];
  if (!request) return { kind: "prose", text };
  const notes = after("*");
  const noteOf = (word: string) => notes.find((note) => note.startsWith(word))?.slice(word.length);
  return {
    kind: "exchange",
    names: noteOf("names ")?.split(", ") ?? [],
    until: noteOf("until "),
    isAnyBody: notes.includes("any body"),
    request,
    answer,
  };
}

function parseMessage([start, ...lines]: readonly string[]): Message | undefined {
  if (start === undefined) return undefined;
  const end = lines.indexOf("");
  const fields = lines.slice(0, end < 0 ? lines.length : end).map((line): [string, string] => {
    const colon = line.indexOf(": ");
    assert.ok(colon > 0, `'${line}' is no field`);
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return { start, fields, body: end < 0 ? "" : lines.slice(end + 1).join("\n") };
}

export function transcriptText(blocks: Transcript["blocks"]): string {
  return `${blocks.map((block) => (block.kind === "prose" ? block.text : exchangeText(block))).join("\n\n")}\n`;
}

export function exchangeText({ names, until, isAnyBody, request, answer }: Exchange): string {
  return [
    ...(names.length > 0 ? [`* names ${names.join(", ")}`] : []),
    ...(until === undefined ? [] : [`* until ${until}`]),
    ...(isAnyBody ? ["* any body"] : []),
    ...messageLines(request).map((line) => `> ${line}`.trimEnd()),
    ...(answer ? messageLines(answer).map((line) => `< ${line}`.trimEnd()) : []),
  ].join("\n");
}

function messageLines({ start, fields, body }: Message): string[] {
  const head = [start, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return body === "" ? head : [...head, "", ...body.split("\n")];
}
