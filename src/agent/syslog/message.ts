/** Facility user (1), severity informational (6): RFC 5424 section 6.2.1. */
const PRIORITY = 1 * 8 + 6;

/** Receivers of UDP should take this many bytes, and need not take more (RFC 5426 section 3.2). */
export const DATAGRAM_BYTES_MAX = 2048;

/** Limits of the header's fields: RFC 5424 section 6. */
const HOSTNAME_LENGTH_MAX = 255;
const APP_NAME_LENGTH_MAX = 48;
const PROCID_LENGTH_MAX = 128;
const MSGID_LENGTH_MAX = 32;

/** A line that a function wrote. */
export interface LogLine {
  readonly atMs: number;
  readonly nodeName: string;
  readonly appName: string;
  readonly callId: string;
  readonly fnName: string;
  readonly text: string;
}

/** The line as a message of RFC 5424: the app is APP-NAME, the call PROCID, and the function MSGID. */
export function encodeMessage({ atMs, nodeName, appName, callId, fnName, text }: LogLine): Buffer {
  const header = [
    `<${PRIORITY}>1`,
    new Date(atMs).toISOString(),
    field(nodeName, HOSTNAME_LENGTH_MAX),
    field(appName, APP_NAME_LENGTH_MAX),
    field(callId, PROCID_LENGTH_MAX),
    field(fnName, MSGID_LENGTH_MAX),
    "-",
  ].join(" ");
  const isAscii = Buffer.byteLength(text) === text.length;
  return Buffer.from(`${header} ${isAscii ? "" : BYTE_ORDER_MARK}${text}`);
}

/** The message as a frame in a stream: its length in bytes goes before it (RFC 6587 section 3.4.1). */
export function frame(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** The message as a datagram: what is too long for one is cut, between two characters. */
export function cutToDatagram(message: Buffer): Buffer {
  if (message.length <= DATAGRAM_BYTES_MAX) return message;
  let end = DATAGRAM_BYTES_MAX;
  while (isInsideCharacter(message[end])) end--;
  return message.subarray(0, end);
}

/** Says that the text behind it is UTF-8, which plain ASCII need not say: RFC 5424 section 6.4. */
const BYTE_ORDER_MARK = "\ufeff";

/** Visible ASCII, up to a length; `-` says that there is nothing. */
function field(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).replace(/[^\x21-\x7e]/g, "_") || "-";
}

/** A byte of UTF-8 that does not begin a character. */
function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
