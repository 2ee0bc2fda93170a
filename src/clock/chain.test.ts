import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Chain, type Linked } from "./chain.ts";

class Member implements Linked<Member> {
  previous: Member | undefined;
  next: Member | undefined;
}

describe("a chain", () => {
  test("holds what a set would, in the same order, whatever comes and goes", () => {
    const moves = fc.array(fc.tuple(fc.boolean(), fc.nat(7)), { maxLength: 60 });
    fc.assert(
      fc.property(moves, (all) => {
        const members = Array.from({ length: 8 }, () => new Member());
        const chain = new Chain<Member>();
        const set = new Set<Member>();
        for (const [comes, index] of all) {
          const member = members[index] ?? new Member();
          if (comes) {
            chain.append(member);
            set.add(member);
          } else {
            assert.equal(chain.remove(member), set.delete(member));
          }
          assert.deepEqual(
            chain.members().map((each) => members.indexOf(each)),
            [...set].map((each) => members.indexOf(each)),
          );
          assert.equal(chain.size, set.size);
          assert.equal(chain.first, [...set][0]);
        }
      }),
    );
  });

  test("a member that has gone refers to no other", () => {
    const chain = new Chain<Member>();
    const members = [new Member(), new Member(), new Member()];
    for (const member of members) chain.append(member);
    for (const member of members) chain.remove(member);
    for (const { previous, next } of members) assert.deepEqual([previous, next], [undefined, undefined]);
  });
});
