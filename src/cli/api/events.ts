import { CommandError } from "../common/io.ts";

/** One server-sent event. */
export interface ServerEvent {
  /** `message` if the server names none. */
  readonly type: string;
  readonly data: string;
}

/** Far more than a line of a log, and little enough to be held. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024;

/**
 * The events of a body, as they come (HTML standard, section 9.2.6). Comments, ids and times to reconnect are passed over. What
 * comes after the last empty line is no event. Errors: `CommandError` for a line that does not end.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let type = "";
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === "") {
      if (data.length > 0) yield { type: type || "message", data: data.join("\n") };
      type = "";
      data = [];
      continue;
    }
    const [name, value] = fieldOf(line);
    if (name === "event") type = value;
    else if (name === "data") data.push(value);
  }
}

/** Lines without their ends, which are CR, LF or both. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of body) {
    rest += decoder.decode(part, { stream: true });
    // A CR at the end may be the first half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?=[^\n])/);
    rest = lines.pop() ?? "";
    if (rest.length > LINE_LENGTH_MAX) throw new CommandError("the server sends a line without an end");
    yield* lines;
  }
}

/** `name: value`; one blank behind the colon belongs to neither. */
function fieldOf(line: string): [name: string, value: string] {
  const at = line.indexOf(":");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
}
