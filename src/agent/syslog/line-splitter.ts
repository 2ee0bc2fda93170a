/** A line that is longer goes on in the next one, so that no function can fill the memory with one line. */
export const LINE_CHARS_MAX = 8192;

/** Cuts what comes in parts into lines, without their ends; empty ones are left out. */
export class LineSplitter {
  #rest = "";

  /** The lines that this part completes. */
  split(text: string): string[] {
    const lines = (this.#rest + text).split("\n");
    const pieces = inPieces(lines.pop() ?? "");
    this.#rest = pieces.pop() ?? "";
    return [...lines.flatMap(withoutEnd).flatMap(inPieces), ...pieces];
  }

  /** The line that nobody ended. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return withoutEnd(rest);
  }
}

function withoutEnd(line: string): string[] {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text === "" ? [] : [text];
}

function inPieces(line: string): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > LINE_CHARS_MAX) {
    const end = pieceEnd(rest);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...pieces, rest];
}

/** Not between the two halves of a character. */
function pieceEnd(line: string): number {
  const last = line.charCodeAt(LINE_CHARS_MAX - 1);
  return last >= 0xd800 && last <= 0xdbff ? LINE_CHARS_MAX - 1 : LINE_CHARS_MAX;
}
