/** What can be a member of a `Chain`: of one at a time, which alone sets these. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

/**
 * Things in the order in which they came, each of which can go at any time: what a `Set` is for, where they come and go with
 * every call. V8 moves a `Set` on such use to a new table every few members, and leaves in each old table a reference to the
 * next (for iterators under way). Once one of those tables is in the old heap, all members of all later ones are kept until a
 * full collection, and every small collection has half of all calls to carry along: that took ten times as long.
 */
export class Chain<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that has been in for longest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** The one that came last. */
  get last(): T | undefined {
    return this.#last;
  }

  /** A member that is in already is not added again. */
  append(member: T): void {
    if (this.has(member)) return;
    member.previous = this.#last;
    if (this.#last) this.#last.next = member;
    else this.#first = member;
    this.#last = member;
    this.#size++;
  }

  /** False when it was not in. */
  remove(member: T): boolean {
    if (!this.has(member)) return false;
    const { previous, next } = member;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    // One that has gone must not keep those that came after it.
    member.previous = undefined;
    member.next = undefined;
    this.#size--;
    return true;
  }

  has(member: T): boolean {
    return member.previous !== undefined || this.#first === member;
  }

  /** The members of this moment, the first one first: they may go meanwhile. */
  members(): T[] {
    const members: T[] = [];
    for (let member = this.#first; member; member = member.next) members.push(member);
    return members;
  }
}
