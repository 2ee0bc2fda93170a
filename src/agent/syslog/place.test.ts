import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readPlace } from "./place.ts";

describe("a syslog URL names", () => {
  const places = [
    { url: "udp://logs.example.com", place: { kind: "udp", host: "logs.example.com", port: 514 } },
    { url: "tcp://logs.example.com", place: { kind: "tcp", host: "logs.example.com", port: 514 } },
    { url: "tcp+tls://logs.example.com", place: { kind: "tls", host: "logs.example.com", port: 6514 } },
    { url: "tcp://10.0.0.1:1514", place: { kind: "tcp", host: "10.0.0.1", port: 1514 } },
    { url: "udp://[::1]:1514", place: { kind: "udp", host: "::1", port: 1514 } },
    { url: "unix:///run/my%20log", place: { kind: "unix", path: "/run/my log" } },
  ];
  for (const { url, place } of places) {
    test(`${JSON.stringify(place)}: ${url}`, () => assert.deepEqual(readPlace(url), place));
  }

  for (const url of ["", "logs", "http://logs", "unix:///a%zz"]) {
    test(`no place: ${JSON.stringify(url)}`, () => assert.equal(readPlace(url), undefined));
  }
});
