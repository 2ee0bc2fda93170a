import type { Clock } from "../clock/clock.ts";
import type { FormatName } from "../model/fn.ts";
import { defaultFormat } from "./default.ts";
import type { Format } from "./format.ts";
import { httpFormat } from "./http.ts";
import { createHttpStreamFormat } from "./http-stream.ts";
import { jsonFormat } from "./json.ts";

/** All formats there are, by name. */
export function createFormats(clock: Clock): (name: FormatName) => Format {
  const formats: Readonly<Record<FormatName, Format>> = {
    default: defaultFormat,
    http: httpFormat,
    json: jsonFormat,
    "http-stream": createHttpStreamFormat(clock),
  };
  return (name) => formats[name];
}
