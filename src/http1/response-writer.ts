import { STATUS_CODES } from "node:http";
import type { Clock } from "../clock/clock.ts";
import { areFieldLines, refuseBadField } from "./fields.ts";

/**
 * The head of a response, up to and with the empty line, one character per byte. `fields` holds names and values in
 * turn and is written as given. Throws Http1Error when a part of it would break out of its place.
 */
export function encodeResponseHead(status: number, fields: readonly string[]): string {
  let lines = "";
  let hasColon = false;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    hasColon ||= fields[i]?.includes(":") === true;
    lines += `${fields[i]}: ${fields[i + 1]}\r\n`;
  }
  if (hasColon || !areFieldLines(lines, fields.length / 2)) {
    for (let i = 0; i + 1 < fields.length; i += 2) refuseBadField(fields[i] ?? "", fields[i + 1] ?? "");
  }
  return `${statusLineOf(status)}${lines}\r\n`;
}

/** The status line with its end; made once for each status, of which there are a few hundred at most. */
export function statusLineOf(status: number): string {
  let line = statusLines[status];
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
    statusLines[status] = line;
  }
  return line;
}

const statusLines: (string | undefined)[] = [];

/** The value of the Date field (RFC 9110 section 6.6.1): its text changes once in a second, and is kept that long. */
export function createDateField(clock: Clock): () => string {
  let lastSecond = Number.NaN;
  let text = "";
  return () => {
    const second = Math.floor(clock.nowMs() / 1000);
    if (second !== lastSecond) text = new Date(second * 1000).toUTCString();
    lastSecond = second;
    return text;
  };
}
