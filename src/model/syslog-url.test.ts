import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { validateSyslogUrl } from "./syslog-url.ts";

describe("a syslog URL", () => {
  for (const url of [
    "",
    "tcp://log:514",
    "udp://[::1]:514",
    "tcp+tls://log.example:6514",
    "tcp://log",
    "unix:///dev/log",
  ]) {
    test(`may be ${url || "(empty)"}`, () => validateSyslogUrl(url));
  }

  const refused = [
    { url: "yo", code: "syslog_url_invalid" },
    { url: "tcp:log", code: "syslog_url_invalid" },
    { url: "tcp://", code: "syslog_url_invalid" },
    { url: "tcp://log:99999", code: "syslog_url_invalid" },
    { url: "tcp://log\r\n:514", code: "syslog_url_invalid" },
    { url: "unix://", code: "syslog_url_invalid" },
    { url: "unix://host/dev/log", code: "syslog_url_invalid" },
    { url: `unix:///${"a".repeat(1024)}`, code: "syslog_url_invalid" },
    { url: "yo://sup.com:1", code: "syslog_scheme_invalid" },
    { url: "unixgram:///dev/log", code: "syslog_unixgram_unsupported" },
  ];
  for (const { url, code } of refused) {
    test(`may not be ${JSON.stringify(url).slice(0, 40)}: ${code}`, () => {
      assert.throws(() => validateSyslogUrl(url), { code });
    });
  }
});
