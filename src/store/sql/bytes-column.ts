/** Bytes of a database as plain ones: a driver may give a kind of its own. */
export function fromBytesColumn({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
