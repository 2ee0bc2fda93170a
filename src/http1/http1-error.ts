/** A message that breaks RFC 9110 or 9112, or one of the limits set here. What is refused is never repaired. */
export class Http1Error extends Error {
  override readonly name = "Http1Error";
  readonly kind: Http1ErrorKind;

  constructor(kind: Http1ErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export type Http1ErrorKind =
  | "malformed"
  | "head_too_large"
  | "target_too_long"
  | "version_unsupported"
  | "too_slow";

export function malformed(message: string): Http1Error {
  return new Http1Error("malformed", message);
}
