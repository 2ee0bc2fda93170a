import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { countPrimes, readQuery, WORK_DEFAULT, WORK_LIMITS } from "./sieve.ts";

describe("the sieve", () => {
  test("counts the primes below its bound, the bound itself excluded", () => {
    assert.deepEqual([1, 2, 3, 4, 7, 8].map(countPrimes), [0, 0, 1, 2, 3, 4]);
  });

  test("agrees with the known counts below 1000 and below 1000000", () => {
    assert.equal(countPrimes(1000), 168);
    assert.equal(countPrimes(1_000_000), 78_498);
  });
});

describe("the query", () => {
  const read = (query: string) => readQuery(`http://localhost:8080/r/primesapp/primes${query}`);

  test("gives the defaults when it is absent, or when there is no URL at all", () => {
    assert.deepEqual(read(""), WORK_DEFAULT);
    assert.deepEqual(readQuery(null), WORK_DEFAULT);
  });

  test("sets what it names and leaves the rest at its default", () => {
    assert.deepEqual(read("?max=1000&loops=2"), { max: 1000, loops: 2 });
    assert.deepEqual(read("?loops=3&x=y"), { ...WORK_DEFAULT, loops: 3 });
  });

  test("counts the last of several values", () => {
    assert.deepEqual(read("?max=1000&max=20"), { ...WORK_DEFAULT, max: 20 });
  });

  for (const wrong of ["?max=abc", "?max=", "?max=-1", "?max=0", "?max=1.5", "?loops=1e3", "?loops=0"]) {
    test(`with '${wrong}' is a problem that names the parameter`, () => {
      const answer = read(wrong);
      assert.ok("problem" in answer && answer.problem.startsWith(wrong.slice(1, wrong.indexOf("="))));
    });
  }

  test("accepts the limits and refuses more", () => {
    const { max, loops } = WORK_LIMITS;
    assert.deepEqual(read(`?max=${max}&loops=${loops}`), WORK_LIMITS);
    assert.ok("problem" in read(`?max=${max + 1}`));
    assert.ok("problem" in read(`?loops=${loops + 1}`));
  });
});
