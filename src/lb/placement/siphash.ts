/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): 64 bits from any bytes.
 *
 * JavaScript has no fast 64-bit integer, so a word is two 32-bit halves: four times as fast as BigInt here.
 */
export function sipHash(bytes: Uint8Array, k0: bigint, k1: bigint): bigint {
  const v0 = Word.of(k0 ^ 0x736f6d6570736575n);
  const v1 = Word.of(k1 ^ 0x646f72616e646f6dn);
  const v2 = Word.of(k0 ^ 0x6c7967656e657261n);
  const v3 = Word.of(k1 ^ 0x7465646279746573n);
  const round = () => {
    v0.add(v1);
    v2.add(v3);
    v1.rotateLeft(13).xor(v0);
    v3.rotateLeft(16).xor(v2);
    v0.swapHalves();
    v2.add(v1);
    v0.add(v3);
    v1.rotateLeft(17).xor(v2);
    v3.rotateLeft(21).xor(v0);
    v2.swapHalves();
  };

  const words = padded(bytes);
  for (let at = 0; at < words.byteLength; at += 8) {
    const message = new Word(words.getUint32(at + 4, true), words.getUint32(at, true));
    v3.xor(message);
    round();
    round();
    v0.xor(message);
  }

  v2.lo ^= 0xff;
  for (let i = 0; i < 4; i++) round();
  return v0.xor(v1).xor(v2).xor(v3).toBigInt();
}

/** Whole words: the bytes, zeros, and the length modulo 256 as the very last byte. */
function padded(bytes: Uint8Array): DataView {
  const whole = new Uint8Array((bytes.length + 8) & ~7);
  whole.set(bytes);
  whole[whole.length - 1] = bytes.length;
  return new DataView(whole.buffer);
}

/** 64 bits, changed in place, all arithmetic modulo 2^64. The halves are signed, as JavaScript's operators are. */
class Word {
  hi: number;
  lo: number;

  constructor(hi: number, lo: number) {
    this.hi = hi | 0;
    this.lo = lo | 0;
  }

  static of(value: bigint): Word {
    return new Word(Number(value >> 32n), Number(value & 0xffffffffn));
  }

  add(other: Word): this {
    const lo = (this.lo >>> 0) + (other.lo >>> 0);
    const carry = lo > 0xffffffff ? 1 : 0;
    this.hi = (this.hi + other.hi + carry) | 0;
    this.lo = lo | 0;
    return this;
  }

  xor(other: Word): this {
    this.hi ^= other.hi;
    this.lo ^= other.lo;
    return this;
  }

  /** By 1 to 31 bits. */
  rotateLeft(bits: number): this {
    const { hi, lo } = this;
    this.hi = (hi << bits) | (lo >>> (32 - bits));
    this.lo = (lo << bits) | (hi >>> (32 - bits));
    return this;
  }

  /** Rotates by 32 bits. */
  swapHalves(): this {
    const { hi } = this;
    this.hi = this.lo;
    this.lo = hi;
    return this;
  }

  toBigInt(): bigint {
    return (BigInt(this.hi >>> 0) << 32n) | BigInt(this.lo >>> 0);
  }
}
