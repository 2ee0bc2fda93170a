import { ApiClient, type Page } from "../api/api-client.ts";
import { parseServerUrl } from "../api/server-url.ts";
import type { Io } from "./io.ts";

/** What the commands work with. */
export interface Tools {
  readonly io: Io;
  /** The server that `FN_API_URL` names. Made at first use, so that help needs no proper settings. */
  readonly api: ApiClient;
  /** A line on standard output: the result. */
  print(line: string): void;
  /** A line on standard error: what is said beside the result. */
  note(line: string): void;
}

export function createTools(io: Io): Tools {
  let api: ApiClient | undefined;
  return {
    io,
    get api() {
      api ??= new ApiClient(parseServerUrl(io.env.FN_API_URL), io.env.FN_TOKEN);
      return api;
    },
    print: (line) => void io.stdout.write(`${line}\n`),
    note: (line) => void io.stderr.write(`${line}\n`),
  };
}

/** Says on standard error how to see the rest of a list, if there is one. */
export function noteRest(tools: Tools, page: Page<unknown>): void {
  if (page.nextCursor !== undefined) tools.note(`There are more: --cursor ${page.nextCursor}`);
}
