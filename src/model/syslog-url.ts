import { FnError } from "./errors.ts";
import { isPlainText } from "./names.ts";

/** By the name in its URL. Node has no sockets of the kind that `unixgram` needs. */
const SCHEMES = ["tcp", "udp", "unix", "tcp+tls"];

const URL_BYTES_MAX = 1024;

/**
 * Refuses a text that names no place for log lines; an empty one names none, and is fine. Errors: `syslog_url_invalid`,
 * `syslog_scheme_invalid`, `syslog_unixgram_unsupported`.
 */
export function validateSyslogUrl(text: string): void {
  if (text === "") return;
  const url = URL.parse(text);
  const scheme = url?.protocol.slice(0, -1) ?? "";
  if (!url || !text.startsWith(`${scheme}://`) || text.length > URL_BYTES_MAX) throw invalid(text);
  if (scheme === "unixgram") throw new FnError("syslog_unixgram_unsupported");
  if (!SCHEMES.includes(scheme)) throw new FnError("syslog_scheme_invalid", { url: JSON.stringify(text) });
  const isPlace = scheme === "unix" ? url.host === "" && url.pathname.length > 1 : url.hostname !== "";
  if (!isPlace || !isPlainText(text)) throw invalid(text);
}

function invalid(text: string): FnError {
  return new FnError("syslog_url_invalid", { url: JSON.stringify(text.slice(0, URL_BYTES_MAX)) });
}
