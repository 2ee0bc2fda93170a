import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { FnError } from "./errors.ts";

/**
 * Config values that nobody gets to see again, by variable name. What is kept here is sealed (`SecretBox`): only the start
 * of a container opens it.
 */
export type Secrets = Readonly<Record<string, string>>;

/** AES-256 has keys of 32 bytes. */
export const SECRETS_KEY_BYTES = 32;

/** NIST SP 800-38D, 8.2: a nonce of 96 bits, and a tag of 128. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed text begins with, so that another way to seal can tell its texts from these. */
const VERSION = "v1";

/**
 * Seals and opens secrets with AES-256-GCM. A sealed text is `v1.KEY.BYTES`: the name of the key (the beginning of a hash of
 * it), so that a text of another key is recognised as such, and nonce, ciphertext and tag in base64url. The variable's name
 * is authenticated with its value: a sealed text says nothing under another name.
 */
export class SecretBox {
  readonly #key: Uint8Array | undefined;
  readonly #keyName: string;
  readonly #randomBytes: (size: number) => Uint8Array;

  /**
   * `key`: of 32 bytes; undefined: secrets can be neither sealed nor opened. `randomBytes`: of cryptographic quality, since
   * a nonce that comes twice under one key betrays what it sealed.
   */
  constructor(key: Uint8Array | undefined, randomBytes: (size: number) => Uint8Array) {
    if (key && key.length !== SECRETS_KEY_BYTES) throw new RangeError(`A key of ${key.length} bytes`);
    this.#key = key;
    this.#keyName = key ? nameOf(key) : "";
    this.#randomBytes = randomBytes;
  }

  /**
   * The values sealed, each under its name. An empty text stays empty: in a change, it removes the variable.
   * Errors: `secrets_unavailable`, unless all are empty.
   */
  seal(plain: Readonly<Record<string, string>>): Secrets {
    return mapped(plain, (name, value) => this.#seal(name, value));
  }

  /** The values that were sealed. Errors: `secret_unreadable`. */
  open(secrets: Secrets): Readonly<Record<string, string>> {
    return mapped(secrets, (name, text) => this.#open(name, text));
  }

  #seal(name: string, value: string): string {
    if (!this.#key) throw new FnError("secrets_unavailable");
    const nonce = this.#randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(name));
    const bytes = Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return [VERSION, this.#keyName, bytes.toString("base64url")].join(".");
  }

  #open(name: string, text: string): string {
    const [version, keyName, encoded = ""] = text.split(".");
    if (!this.#key) throw unreadable(name, "this node has no key");
    if (version !== VERSION) throw unreadable(name, "it was sealed by a newer server");
    if (keyName !== this.#keyName) throw unreadable(name, "it was sealed with another key");
    const bytes = Buffer.from(encoded, "base64url");
    const tagAt = bytes.length - TAG_BYTES;
    if (tagAt < NONCE_BYTES) throw unreadable(name, "it is damaged");
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(name))
        .setAuthTag(bytes.subarray(tagAt));
      const value = decipher.update(bytes.subarray(NONCE_BYTES, tagAt));
      return Buffer.concat([value, decipher.final()]).toString("utf8");
    } catch (cause) {
      throw unreadable(name, "it is damaged", cause);
    }
  }
}

/**
 * A key as people write it: 32 bytes as 64 hexadecimal digits, or in base64 with its padding; white space around it is left
 * out. Throws an `Error` with a sentence that does not tell the text.
 */
export function parseSecretsKey(text: string): Uint8Array {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, "hex");
  const bytes = Buffer.from(trimmed, "base64");
  // Node skips what is no base64; strict is what comes out the same again.
  if (bytes.length === SECRETS_KEY_BYTES && bytes.toString("base64") === trimmed) return bytes;
  throw new Error(
    `The key for secrets is ${SECRETS_KEY_BYTES} random bytes, in base64 or as ${2 * SECRETS_KEY_BYTES} hexadecimal digits. Make one with: openssl rand -base64 ${SECRETS_KEY_BYTES}`,
  );
}

function mapped(
  values: Readonly<Record<string, string>>,
  change: (name: string, value: string) => string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([name, value]) => [name, value && change(name, value)]));
}

/** Eight hexadecimal digits: enough to tell keys apart, far too few to guess one. */
function nameOf(key: Uint8Array): string {
  return createHash("sha256").update("hotfn secrets key").update(key).digest("hex").slice(0, 8);
}

function unreadable(name: string, reason: string, cause?: unknown): FnError {
  return new FnError("secret_unreadable", { name, reason }, { cause });
}
