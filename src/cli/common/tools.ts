import type { ApiClient } from "../api/api-client.ts";
import type { Page } from "../api/json-api.ts";
import { type GlobalFlags, readSettings, type Settings } from "../context/settings.ts";
import type { Io } from "./io.ts";

/** What the commands work with. */
export interface Tools {
  readonly io: Io;
  /** The options that every command has, as they were given. */
  readonly flags: GlobalFlags;
  /** Flags over environment over context. Read at first use, so that help needs no proper settings. */
  settings(): Promise<Settings>;
  /** The server that the settings name. */
  api(): Promise<ApiClient>;
  /** A line on standard output: the result. */
  print(line: string): void;
  /** A line on standard error: what is said beside the result. */
  note(line: string): void;
  /** As `note`, but only with `--verbose`. */
  detail(line: string): void;
}

/** `flags` is asked when a command runs. */
export function createTools(io: Io, flags: () => GlobalFlags): Tools {
  let settings: Promise<Settings> | undefined;
  let api: Promise<ApiClient> | undefined;
  const note = (line: string) => void io.stderr.write(`${line}\n`);
  const tools: Tools = {
    io,
    get flags() {
      return flags();
    },
    settings() {
      settings ??= readSettings(flags(), io.env);
      return settings;
    },
    api() {
      api ??= connect(tools);
      return api;
    },
    print: (line) => void io.stdout.write(`${line}\n`),
    note,
    detail(line) {
      if (flags().verbose) note(line);
    },
  };
  return tools;
}

async function connect(tools: Tools): Promise<ApiClient> {
  const { ApiClient } = await import("../api/api-client.ts");
  const { server, token } = await tools.settings();
  return new ApiClient(server, token, tools.detail);
}

/** Says on standard error how to see the rest of a list, if there is one. */
export function noteRest(tools: Tools, page: Page<unknown>): void {
  if (page.nextCursor !== undefined) tools.note(`There are more: --cursor ${page.nextCursor}`);
}
