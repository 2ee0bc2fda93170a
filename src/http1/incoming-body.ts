import type { HeaderField } from "./fields.ts";

/** Gets a body part by part. */
export interface BodyTaker {
  /** A part, its bytes not copied. False asks to be given no more until `resume`. */
  part(bytes: Buffer): boolean;
  /** Nothing comes any more: the body is whole, or `failure` says why not. Not told of a body that was dropped. */
  end(failure: Error | undefined): void;
}

/**
 * The body of a request, for one reader that takes it part by part. At most one part lies here, so that a reader that
 * is slow makes its client slow, and costs no memory.
 */
export class IncomingBody implements AsyncIterable<Buffer> {
  /** Fields after a body in chunks, once it is whole. */
  trailers: readonly HeaderField[] = [];
  readonly #onWanted: () => void;
  #taker: BodyTaker | undefined;
  /** The taker has asked to wait. */
  #isHeldUp = false;
  #part: Buffer | undefined;
  #waiting: PromiseWithResolvers<IteratorResult<Buffer>> | undefined;
  #failure: Error | undefined;
  #isWhole = false;
  #isDropped = false;

  /** `onWanted` is told when the reader waits or takes a part, and when the body is dropped: more may be given. */
  constructor(onWanted: () => void) {
    this.#onWanted = onWanted;
  }

  /** Whether a part lies here that nobody has taken yet: no other may be given. */
  get isFull(): boolean {
    return this.#part !== undefined || this.#isHeldUp;
  }

  /** Whether nobody reads it any more, and what comes is let go. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Takes a part; false asks to wait until it is wanted. */
  push(part: Buffer): boolean {
    if (this.#isDropped) return true;
    if (this.#taker) {
      this.#isHeldUp = !this.#taker.part(part);
      return !this.#isHeldUp;
    }
    if (this.#waiting) {
      this.#waiting.resolve({ done: false, value: part });
      this.#waiting = undefined;
      return true;
    }
    this.#part = part;
    return false;
  }

  /** Nothing comes any more: it is whole, or `failure` says why not. */
  end(failure?: Error): void {
    if (this.#isWhole || this.#failure) return;
    if (failure) {
      this.#failure = failure;
      this.#waiting?.reject(failure);
    } else {
      this.#isWhole = true;
      this.#waiting?.resolve({ done: true, value: undefined });
    }
    this.#waiting = undefined;
    if (!this.#isDropped) this.#taker?.end(failure);
  }

  /** Hands everything to a taker as it comes, which costs no promises. Instead of the iterator, and once. */
  giveTo(taker: BodyTaker): void {
    this.#taker = taker;
    const part = this.#part;
    this.#part = undefined;
    if (part) this.#isHeldUp = !taker.part(part);
    if (this.#isWhole || this.#failure) taker.end(this.#failure);
    else this.#onWanted();
  }

  /** The taker may be given more. */
  resume(): void {
    if (!this.#isHeldUp) return;
    this.#isHeldUp = false;
    this.#onWanted();
  }

  /** What has not been read is let go. A reader that goes on fails: a body cut short must not look whole. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#isHeldUp = false;
    if (this.#part || !this.#isWhole) {
      this.#part = undefined;
      this.#isWhole = false;
      this.end(new Error("the rest of the body was dropped"));
    }
    this.#onWanted();
  }

  /** For `for await`; to leave the loop early drops the rest. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.drop();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<Buffer>> {
    const part = this.#part;
    if (part) {
      this.#part = undefined;
      this.#onWanted();
      return { done: false, value: part };
    }
    if (this.#failure) throw this.#failure;
    if (this.#isWhole) return { done: true, value: undefined };
    const waiting = Promise.withResolvers<IteratorResult<Buffer>>();
    this.#waiting = waiting;
    this.#onWanted();
    return await waiting.promise;
  }
}
