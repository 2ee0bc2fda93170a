/** Settings of a node about who may use it, and about what it keeps secret. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { parseSecretsKey, SecretBox } from "../model/secrets.ts";
import { parseTokenText } from "../model/token.ts";
import { CORS_HEADERS, type CorsSettings, parseCorsHeaders, parseCorsOrigins } from "../server/cors.ts";
import { text, toggle } from "./flags.ts";

export const securityFlags = {
  "open-management": toggle(
    "let whoever reaches this node manage it, as long as there are no tokens; default: this machine alone",
    { env: "FN_OPEN_MANAGEMENT" },
  ),
  "calls-need-token": toggle("let only those call functions who have a token for it", {
    env: "FN_CALLS_NEED_TOKEN",
  }),
  "root-token-file": text(
    "file with a token that may do everything; or FN_ROOT_TOKEN, the token itself",
    "",
    {
      env: "FN_ROOT_TOKEN_FILE",
      placeholder: "file",
    },
  ),
  "secrets-key-file": text("file with the key for secrets; or FN_SECRETS_KEY, the key itself", "", {
    env: "FN_SECRETS_KEY_FILE",
    placeholder: "file",
  }),
  "cors-origins": text(
    "pages of which origins may use this node in a browser, with commas, or *; default: its own",
    process.env.FN_API_CORS ?? "",
    {
      env: "FN_API_CORS_ORIGINS",
      placeholder: "origins",
      parse: (value) => checked(value, parseCorsOrigins),
    },
  ),
  "cors-headers": text("header fields that such pages may send, with commas", CORS_HEADERS.join(","), {
    env: "FN_API_CORS_HEADERS",
    placeholder: "names",
    parse: (value) => checked(value, parseCorsHeaders),
  }),
};

/** Undefined when pages of other origins have no business here. */
export function corsOf(settings: {
  readonly "cors-origins": string;
  readonly "cors-headers": string;
}): CorsSettings | undefined {
  if (settings["cors-origins"] === "") return undefined;
  return {
    origins: parseCorsOrigins(settings["cors-origins"]),
    headers: parseCorsHeaders(settings["cors-headers"]),
  };
}

/** Throws an `Error` with a sentence when the file cannot be read or holds no token. */
export function rootTokenOf(settings: { readonly "root-token-file": string }): string | undefined {
  const text = fromFileOr(settings["root-token-file"], process.env.FN_ROOT_TOKEN);
  return text === undefined ? undefined : parseTokenText(text.trim());
}

/** Without a key it seals and opens nothing. Throws an `Error` with a sentence when the key is none. */
export function secretBoxOf(settings: { readonly "secrets-key-file": string }): SecretBox {
  const key = fromFileOr(settings["secrets-key-file"], process.env.FN_SECRETS_KEY);
  return new SecretBox(key === undefined ? undefined : parseSecretsKey(key), randomBytes);
}

function fromFileOr(file: string, value: string | undefined): string | undefined {
  return file === "" ? value || undefined : readFileSync(file, "utf8");
}

/** The text, if it can be read so. */
function checked(value: string, parse: (text: string) => unknown): string {
  try {
    parse(value);
    return value;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
